"""Waveforms drawn from peaks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from archive.web.holdings import waveform
from media.derivatives import peaks
from tests.support import media_files


@pytest.fixture
def peaks_file(tmp_path: Path) -> Path:
    """Ten seconds: five loud, five very quiet."""
    loud, quiet = media_files.tone(5.0, level=0.8), media_files.tone(5.0, level=0.01)
    source = media_files.sound(tmp_path / "a.wav", np.concatenate([loud, quiet], axis=1))
    return peaks.make(source, tmp_path, lambda _share: None).path


def bar_heights(path: str) -> list[float]:
    return [float(tall) for tall in re.findall(r"v([\d.]+)h-", path)]


def test_draw_has_higher_bars_for_louder_sound(peaks_file: Path) -> None:
    drawn = waveform.draw(peaks_file, [], duration_ms=10_000, bars=100, height=64)
    assert drawn is not None
    bars = bar_heights(drawn.witness)
    assert len(bars) == 100
    assert min(bars[5:45]) > 5 * max(bars[55:95])
    assert drawn.interviewer == ""


def test_draw_puts_interviewer_below_the_axis(peaks_file: Path) -> None:
    drawn = waveform.draw(peaks_file, [(2_000, 4_000)], duration_ms=10_000, bars=100, height=64)
    assert drawn is not None
    assert len(bar_heights(drawn.witness)) == 80
    assert len(bar_heights(drawn.interviewer)) == 20


@pytest.mark.parametrize("content", [b"", b"LKPK", b"RIFF" + bytes(20), bytes(12)])
def test_draw_of_invalid_peaks_file_returns_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.lkpk"
    path.write_bytes(content)
    for file in (path, tmp_path / "absent"):
        assert waveform.draw(file, [], duration_ms=1000, bars=10, height=10) is None
