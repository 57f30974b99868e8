"""Cut a recording into what a speech engine is given: chunks of speech, and skipped silence.

Every millisecond belongs to exactly one chunk, for what was skipped must stay visible to
the editor. Cuts fall into silence, into the longest that is near; a cut lies at the end
of its silence, because Whisper times the first word of a chunk from the chunk's edge.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

PLANNER_VERSION = 1
"""Part of a run's identity: raise it when the same spans would be cut in other places."""

LONGEST_CHUNK_MS = 28_000
LEAST_SKIPPED_MS = 2_000  # a shorter pause belongs to the chunk it follows: nobody checks it


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of speech, a little widened. `pauses` are short silences inside it, in order."""

    start_ms: int
    end_ms: int
    pauses: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the plan; `index` counts from 0."""

    index: int
    start_ms: int
    end_ms: int
    kind: Literal["speech", "skipped"]


@dataclass(frozen=True, slots=True)
class _Silence:
    """A place to cut. Silence between spans outranks any pause inside one."""

    between: bool
    length_ms: int
    start_ms: int
    end_ms: int


@dataclass(slots=True)
class _Region:
    """Speech without a silence long enough to be skipped."""

    start_ms: int
    end_ms: int
    silences: list[_Silence] = field(default_factory=list)


def plan_chunks(
    spans: Iterable[Span], *, total_ms: int, longest_ms: int = LONGEST_CHUNK_MS
) -> tuple[Chunk, ...]:
    """Plan a recording of `total_ms` from its speech, given in order. Pure and deterministic."""
    chunks: list[Chunk] = []

    def add(start_ms: int, end_ms: int, kind: Literal["speech", "skipped"]) -> None:
        if end_ms > start_ms:
            chunks.append(Chunk(len(chunks), start_ms, end_ms, kind))

    reached = 0
    for region in _regions(spans, total_ms):
        add(reached, region.start_ms, "skipped")
        edges = [region.start_ms, *_cuts(region, longest_ms), region.end_ms]
        for start_ms, end_ms in itertools.pairwise(edges):
            add(start_ms, end_ms, "speech")
        reached = region.end_ms
    add(reached, total_ms, "skipped")
    return tuple(chunks)


def _regions(spans: Iterable[Span], total_ms: int) -> list[_Region]:
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


def _cuts(region: _Region, longest_ms: int) -> list[int]:
    cuts: list[int] = []
    start = region.start_ms
    silences = region.silences
    while region.end_ms - start > longest_ms:
        left = region.end_ms - start
        # As long as it goes; but when two chunks can hold the rest, leave no crumb.
        least = longest_ms // 2 if left > longest_ms * 3 // 2 else max(left - longest_ms, left // 4)
        silences = [s for s in silences if s.end_ms > start + least]
        near = [s for s in silences if s.start_ms < start + longest_ms]
        if near:
            best = max(near, key=lambda s: (s.between, s.length_ms, s.start_ms))
            start = min(best.end_ms, start + longest_ms)
        else:
            parts = -(-left // longest_ms)
            start += left // parts if parts == 2 else longest_ms
        cuts.append(start)
    return cuts
