from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from media.derivatives import peaks
from tests.fixtures.media import make


def made_from(path: Path) -> tuple[bytes, dict[str, object]]:
    made = peaks.make(path, path.parent / "out", lambda fraction: None)
    return made.path.read_bytes(), made.detail


def test_the_layout_is_what_the_browser_was_promised(tmp_path: Path) -> None:
    data, detail = made_from(make.sound(tmp_path / "a.wav", make.tone(3.52)))
    assert struct.unpack_from("<4sBBBBI", data) == (b"LKPK", 1, 20, 1, 0, 71)
    assert struct.unpack_from("<4sBBBBI", data, 12 + 71) == (b"LKPK", 1, 2, 1, 0, 8)
    assert len(data) == 12 + 71 + 12 + 8
    assert detail["duration_ms"] == 3520


def test_peaks_stand_where_the_sound_is(tmp_path: Path) -> None:
    samples = make.tone(10, level=0.0)
    samples[:, 16_000 * 4 : 16_000 * 4 + 800] = 0.5
    samples[:, -1] = -1.0
    data, detail = made_from(make.sound(tmp_path / "a.wav", samples))
    read = peaks.read(data)
    fine, coarse = np.frombuffer(read[20], np.uint8), np.frombuffer(read[2], np.uint8)
    assert (len(fine), len(coarse)) == (200, 20)
    assert np.flatnonzero(fine).tolist() == [80, 199]
    assert np.flatnonzero(coarse).tolist() == [8, 19]
    assert (fine[80], fine[199], coarse[8], detail["peak"]) == (128, 255, 128, 255)


def test_the_coarse_row_is_the_highest_of_the_fine_one(every_kind: dict[str, Path]) -> None:
    for name in ("MP3", "Ogg", "AMR", "MP4"):
        data = peaks.make(every_kind[name], every_kind[name].parent / "out", lambda f: None)
        read = peaks.read(data.path.read_bytes())
        fine = np.frombuffer(read[20], np.uint8)
        assert list(read[2]) == [fine[n : n + 10].max() for n in range(0, len(fine), 10)]


@pytest.mark.parametrize("data", [b"LKPK", b"XXXX" + bytes(8), b"LKPK\x02\x14\x01\x00" + bytes(4),
                                  b"LKPK\x01\x14\x01\x00\x05\x00\x00\x00abc"])  # fmt: skip
def test_other_bytes_are_not_taken_for_peaks(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"peaks|cut off"):
        peaks.read(data)
