"""Waveform of two voices as SVG: witness above the line, interviewer below.

Drawn on the server from the peaks and the turns of the transcript, as two paths; no style
attributes, so that the strict content policy holds. Without a transcript everything is drawn above
the line.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from archive.actions.holdings.playback import Playable, SpanMs
from archive.web.core import current

_HEADER = struct.Struct("<4sBBBBI")
_MAGIC = b"LKPK"
FINE_RATE, COARSE_RATE = 20, 2
MIN_PEAKS_PER_BAR = 4
CONTRAST = 1.3
BAR_WIDTH = 0.62
AXIS = 0.62  # share of the height above the line
MIN_LEVEL = 0.06


@dataclass(frozen=True)
class Wave:
    """Two SVG paths in a box of `bars` × `height`, and the y position of the axis."""

    bars: int
    height: int
    axis: float
    witness: str
    interviewer: str


def for_recording(
    playable: Playable | None,
    interviewer_spans: Mapping[str, Sequence[SpanMs]],
    *,
    bars: int,
    height: int,
) -> Wave | None:
    """Draw the wave of a recording; `interviewer_spans` are by recording id."""
    if playable is None or not playable.peaks_path:
        return None
    return draw(
        current.toolbox().derivatives_dir / playable.peaks_path,
        interviewer_spans.get(playable.recording.id, ()),
        duration_ms=playable.recording.duration_ms or 0,
        bars=bars,
        height=height,
    )


def draw(
    peaks: Path, interviewer_spans: Iterable[SpanMs], *, duration_ms: int, bars: int, height: int
) -> Wave | None:
    """Draw the wave from a file of peaks; None if it is missing or invalid."""
    if duration_ms <= 0:
        return None
    try:
        loudness = _levels(peaks, peaks.stat().st_mtime_ns, bars)
    except (OSError, ValueError):
        return None
    is_interviewer = _interviewer_bars(interviewer_spans, duration_ms, bars)
    return _paths(loudness, is_interviewer, height)


@lru_cache(maxsize=256)
def _levels(path: Path, _stamp: int, bars: int) -> tuple[float, ...]:
    """Return levels from 0 to 1.

    A bar is the mean of the peaks under it: the loudest sample would be near the maximum in every
    second of speech.
    """
    blocks = peak_blocks(path.read_bytes())
    peaks = (
        blocks[COARSE_RATE]
        if len(blocks[COARSE_RATE]) >= MIN_PEAKS_PER_BAR * bars
        else blocks[FINE_RATE]
    )
    if not peaks:
        return (0.0,) * bars
    edges = [len(peaks) * i // bars for i in range(bars + 1)]
    levels = []
    for first, last in itertools.pairwise(edges):
        part = peaks[first : max(last, first + 1)] or peaks[-1:]
        levels.append(sum(part) / len(part) / 255)
    loudest = sorted(levels)[int(len(levels) * 0.98)] or 1.0
    return tuple(min(1.0, level / loudest) ** CONTRAST for level in levels)


def peak_blocks(content: bytes) -> dict[int, bytes]:
    """Parse a peaks file into peaks by their rate per second; raise ValueError if invalid."""
    blocks: dict[int, bytes] = {}
    offset = 0
    while offset + _HEADER.size <= len(content):
        magic, version, rate, _channels, _zero, count = _HEADER.unpack_from(content, offset)
        if magic != _MAGIC or version != 1:
            raise ValueError("not a peaks file")
        offset += _HEADER.size
        blocks[rate] = content[offset : offset + count]
        offset += count
    if not blocks.keys() >= {FINE_RATE, COARSE_RATE}:
        raise ValueError("blocks of peaks are missing")
    return blocks


def _interviewer_bars(
    interviewer_spans: Iterable[SpanMs], duration_ms: int, bars: int
) -> list[bool]:
    is_interviewer = [False] * bars
    for start_ms, end_ms in interviewer_spans:
        first = start_ms * bars // duration_ms
        last = max(first + 1, end_ms * bars // duration_ms)
        for bar in range(max(0, first), min(bars, last)):
            is_interviewer[bar] = True
    return is_interviewer


def _paths(levels: Sequence[float], is_interviewer: Sequence[bool], height: int) -> Wave:
    up, down = height * AXIS, height * (1 - AXIS)
    witness, interviewer = [], []
    for number, (level, from_interviewer) in enumerate(zip(levels, is_interviewer, strict=True)):
        x = number + (1 - BAR_WIDTH) / 2
        size = max(MIN_LEVEL, level)
        if from_interviewer:
            interviewer.append(_bar(x, up + 1, size * (down - 1)))
        else:
            bar_height = size * (up - 1)
            witness.append(_bar(x, up - bar_height, bar_height))
    return Wave(len(levels), height, up, "".join(witness), "".join(interviewer))


def _bar(x: float, y: float, bar_height: float) -> str:
    return f"M{x:.2f} {y:.1f}h{BAR_WIDTH}v{bar_height:.1f}h-{BAR_WIDTH}z"
