"""The two-voice wave: witness above the line, interviewer below. The voice is the picture.

Drawn on the server from the peaks and the turns of the transcript, as two paths;
no style attributes, so that the strict content policy stands. Before there is a
transcript everything is drawn above the line.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from archive.actions.playback import Playable, Span
from archive.web import current

_HEADER = struct.Struct("<4sBBBBI")
_MAGIC = b"LKPK"
FINE, COARSE = 20, 2
PEAKS_A_BAR = 4
CONTRAST = 1.3
BAR_WIDTH = 0.62
AXIS = 0.62  # of the height lies above the line
QUIETEST = 0.06


@dataclass(frozen=True)
class Wave:
    """Two SVG paths in a box of `bars` × `height`, and where the line between them is."""

    bars: int
    height: int
    axis: float
    witness: str
    interviewer: str


def of(
    playable: Playable | None, asked: Mapping[str, Sequence[Span]], *, bars: int, height: int
) -> Wave | None:
    """The wave of a recording; `asked` holds the spans of interviewers by recording."""
    if playable is None or not playable.peaks_path:
        return None
    return draw(
        current.toolbox().derivatives_dir / playable.peaks_path,
        asked.get(playable.recording.id, ()),
        duration_ms=playable.recording.duration_ms or 0, bars=bars, height=height,
    )  # fmt: skip


def draw(
    peaks: Path, asked: Iterable[Span], *, duration_ms: int, bars: int, height: int
) -> Wave | None:
    """The wave from a file of peaks; None when there is no such file, or it is none."""
    if duration_ms <= 0:
        return None
    try:
        loudness = _levels(peaks, peaks.stat().st_mtime_ns, bars)
    except (OSError, ValueError):
        return None
    asking = _asking(asked, duration_ms, bars)
    return _paths(loudness, asking, height)


@lru_cache(maxsize=256)
def _levels(path: Path, _stamp: int, bars: int) -> tuple[float, ...]:
    """Levels from 0 to 1. The loudest sample of a stretch says little, since speech reaches
    the top in every second: a bar is the mean of the peaks under it, so that it breathes."""
    blocks = peak_blocks(path.read_bytes())
    peaks = blocks[COARSE] if len(blocks[COARSE]) >= PEAKS_A_BAR * bars else blocks[FINE]
    if not peaks:
        return (0.0,) * bars
    edges = [len(peaks) * i // bars for i in range(bars + 1)]
    found = []
    for first, last in itertools.pairwise(edges):
        part = peaks[first : max(last, first + 1)] or peaks[-1:]
        found.append(sum(part) / len(part) / 255)
    loudest = sorted(found)[int(len(found) * 0.98)] or 1.0
    return tuple(min(1.0, level / loudest) ** CONTRAST for level in found)


def peak_blocks(content: bytes) -> dict[int, bytes]:
    """Peaks by their number per second; raises ValueError when this is no peaks file."""
    blocks: dict[int, bytes] = {}
    at = 0
    while at + _HEADER.size <= len(content):
        magic, version, rate, _channels, _zero, count = _HEADER.unpack_from(content, at)
        if magic != _MAGIC or version != 1:
            raise ValueError("not a peaks file")
        at += _HEADER.size
        blocks[rate] = content[at : at + count]
        at += count
    if not blocks.keys() >= {FINE, COARSE}:
        raise ValueError("blocks of peaks are missing")
    return blocks


def _asking(asked: Iterable[Span], duration_ms: int, bars: int) -> list[bool]:
    asking = [False] * bars
    for start_ms, end_ms in asked:
        first = start_ms * bars // duration_ms
        last = max(first + 1, end_ms * bars // duration_ms)
        for bar in range(max(0, first), min(bars, last)):
            asking[bar] = True
    return asking


def _paths(levels: Sequence[float], asking: Sequence[bool], height: int) -> Wave:
    up, down = height * AXIS, height * (1 - AXIS)
    witness, interviewer = [], []
    for number, (level, asks) in enumerate(zip(levels, asking, strict=True)):
        x = number + (1 - BAR_WIDTH) / 2
        size = max(QUIETEST, level)
        if asks:
            interviewer.append(_bar(x, up + 1, size * (down - 1)))
        else:
            tall = size * (up - 1)
            witness.append(_bar(x, up - tall, tall))
    return Wave(len(levels), height, up, "".join(witness), "".join(interviewer))


def _bar(x: float, y: float, tall: float) -> str:
    return f"M{x:.2f} {y:.1f}h{BAR_WIDTH}v{tall:.1f}h-{BAR_WIDTH}z"
