"""Plan the chunks of a recording: speech for the engine, and skipped silence.

Every millisecond belongs to exactly one chunk, so that an editor sees what was skipped.
Cuts are in the longest silence nearby, at its end, because Whisper times the first word
of a chunk from the start of the chunk.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

PLANNER_VERSION = 1
"""Stored with a transcription run: increase it when the same spans give other chunks."""

LONGEST_CHUNK_MS = 28_000
LEAST_SKIPPED_MS = 2_000  # a shorter pause belongs to the chunk before it


@dataclass(frozen=True, slots=True)
class SpeechSpan:
    """A span of speech with some margin. `pauses` are short silences inside it, in order."""

    start_ms: int
    end_ms: int
    pauses: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of the recording that is transcribed or skipped; `index` counts from 0."""

    index: int
    start_ms: int
    end_ms: int
    kind: Literal["speech", "skipped"]


@dataclass(frozen=True, slots=True)
class _Silence:
    """A possible cut. Silence between spans is preferred to a pause inside one."""

    is_between_spans: bool
    length_ms: int
    start_ms: int
    end_ms: int


@dataclass(slots=True)
class _Region:
    """Consecutive spans of speech without a silence long enough to skip."""

    start_ms: int
    end_ms: int
    silences: list[_Silence] = field(default_factory=list)


def plan_chunks(
    spans: Iterable[SpeechSpan], *, total_ms: int, longest_ms: int = LONGEST_CHUNK_MS
) -> tuple[Chunk, ...]:
    """Return the chunks of a recording of `total_ms` with these spans of speech, in order."""
    chunks: list[Chunk] = []

    def add(start_ms: int, end_ms: int, kind: Literal["speech", "skipped"]) -> None:
        if end_ms > start_ms:
            chunks.append(Chunk(len(chunks), start_ms, end_ms, kind))

    reached = 0
    for region in _regions(spans, total_ms):
        add(reached, region.start_ms, "skipped")
        edges = [region.start_ms, *_cut_times(region, longest_ms), region.end_ms]
        for start_ms, end_ms in itertools.pairwise(edges):
            add(start_ms, end_ms, "speech")
        reached = region.end_ms
    add(reached, total_ms, "skipped")
    return tuple(chunks)


def _regions(spans: Iterable[SpeechSpan], total_ms: int) -> list[_Region]:
    regions: list[_Region] = []
    for span in spans:
        before = regions[-1].end_ms if regions else 0
        start, end = max(span.start_ms, before), min(span.end_ms, total_ms)
        if end <= start:
            continue
        if regions and start - before < LEAST_SKIPPED_MS:
            region = regions[-1]
            region.silences.append(_Silence(True, start - before, before, start))
            region.end_ms = end
        else:
            # Only at the beginning is there a gap that may be too short to be skipped.
            region = _Region(start if start - before >= LEAST_SKIPPED_MS else before, end)
            regions.append(region)
        region.silences += [_Silence(False, b - a, a, b) for a, b in span.pauses if a > start]
    if regions and total_ms - regions[-1].end_ms < LEAST_SKIPPED_MS:
        regions[-1].end_ms = total_ms
    return regions


def _cut_times(region: _Region, longest_ms: int) -> list[int]:
    cuts: list[int] = []
    start = region.start_ms
    silences = region.silences
    while region.end_ms - start > longest_ms:
        left = region.end_ms - start
        # Chunks are as long as possible, but the last two are never very unequal.
        least = longest_ms // 2 if left > longest_ms * 3 // 2 else max(left - longest_ms, left // 4)
        silences = [s for s in silences if s.end_ms > start + least]
        near = [s for s in silences if s.start_ms < start + longest_ms]
        if near:
            best = max(near, key=lambda s: (s.is_between_spans, s.length_ms, s.start_ms))
            start = min(best.end_ms, start + longest_ms)
        else:
            parts = -(-left // longest_ms)
            start += left // parts if parts == 2 else longest_ms
        cuts.append(start)
    return cuts
