"""The wave breathes with the voice, and a file that is no peaks file draws nothing."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from archive.web import waves
from media.derivatives import peaks
from tests.fixtures.media import make


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """Ten seconds: five loud, five very quiet."""
    loud, quiet = make.tone(5.0, level=0.8), make.tone(5.0, level=0.01)
    source = make.sound(tmp_path / "a.wav", np.concatenate([loud, quiet], axis=1))
    return peaks.make(source, tmp_path, lambda _share: None).path


def tops(path: str) -> list[float]:
    return [float(tall) for tall in re.findall(r"v([\d.]+)h-", path)]


def test_loud_and_quiet_can_be_told_apart(talk: Path) -> None:
    drawn = waves.draw(talk, [], duration_ms=10_000, bars=100, height=64)
    assert drawn is not None
    bars = tops(drawn.witness)
    assert len(bars) == 100
    assert min(bars[5:45]) > 5 * max(bars[55:95])
    assert drawn.interviewer == ""


def test_the_interviewer_is_drawn_below_the_line(talk: Path) -> None:
    drawn = waves.draw(talk, [(2_000, 4_000)], duration_ms=10_000, bars=100, height=64)
    assert drawn is not None
    assert len(tops(drawn.witness)) == 80
    assert len(tops(drawn.interviewer)) == 20


@pytest.mark.parametrize("content", [b"", b"LKPK", b"RIFF" + bytes(20), bytes(12)])
def test_what_is_no_peaks_file_draws_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.lkpk"
    path.write_bytes(content)
    for file in (path, tmp_path / "absent"):
        assert waves.draw(file, [], duration_ms=1000, bars=10, height=10) is None
