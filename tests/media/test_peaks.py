from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from media.derivatives import peaks
from tests.support import media_files


def make_peaks(path: Path) -> tuple[bytes, dict[str, object]]:
    made = peaks.make(path, path.parent / "out", lambda fraction: None)
    return made.path.read_bytes(), made.detail


def test_peaks_file_has_the_documented_layout(tmp_path: Path) -> None:
    data, detail = make_peaks(media_files.sound(tmp_path / "a.wav", media_files.tone(3.52)))
    assert struct.unpack_from("<4sBBBBI", data) == (b"LKPK", 1, 20, 1, 0, 71)
    assert struct.unpack_from("<4sBBBBI", data, 12 + 71) == (b"LKPK", 1, 2, 1, 0, 8)
    assert len(data) == 12 + 71 + 12 + 8
    assert detail["duration_ms"] == 3520


def test_peaks_are_at_the_time_of_the_sound(tmp_path: Path) -> None:
    samples = media_files.tone(10, level=0.0)
    samples[:, 16_000 * 4 : 16_000 * 4 + 800] = 0.5
    samples[:, -1] = -1.0
    data, detail = make_peaks(media_files.sound(tmp_path / "a.wav", samples))
    read = peaks.read_peaks(data)
    fine, coarse = np.frombuffer(read[20], np.uint8), np.frombuffer(read[2], np.uint8)
    assert (len(fine), len(coarse)) == (200, 20)
    assert np.flatnonzero(fine).tolist() == [80, 199]
    assert np.flatnonzero(coarse).tolist() == [8, 19]
    assert (fine[80], fine[199], coarse[8], detail["peak"]) == (128, 255, 128, 255)


def test_coarse_peaks_are_maxima_of_fine_peaks(every_kind: dict[str, Path]) -> None:
    for name in ("MP3", "Ogg", "AMR", "MP4"):
        data = peaks.make(every_kind[name], every_kind[name].parent / "out", lambda f: None)
        read = peaks.read_peaks(data.path.read_bytes())
        fine = np.frombuffer(read[20], np.uint8)
        assert list(read[2]) == [fine[n : n + 10].max() for n in range(0, len(fine), 10)]


@pytest.mark.parametrize(
    "data",
    [
        b"LKPK",
        b"XXXX" + bytes(8),
        b"LKPK\x02\x14\x01\x00" + bytes(4),
        b"LKPK\x01\x14\x01\x00\x05\x00\x00\x00abc",
    ],
)
def test_read_of_other_bytes_raises_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"peaks|cut off"):
        peaks.read_peaks(data)
