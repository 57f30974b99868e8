"""Time order of the segments of a recording: its rules, and times that keep them.

Reading order is time order: no segment starts before the one above it, and no speaker has two
segments at once. Different speakers may overlap. Transcripts that were imported may break both
rules; an edit may leave such a fault, but must not add one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

OrderRule = Literal["times_overlap", "out_of_order"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedSpan:
    """Times of a segment, in ms of its recording. `speaker` is empty if not named."""

    id: str
    recording: str
    start_ms: int
    end_ms: int
    speaker: str


class OrderFault(NamedTuple):
    """A broken rule, and the ids of the two segments in reading order."""

    rule: OrderRule
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class FittedTimes:
    """Times that keep the order; `passed` counts the following segments to be moved behind."""

    start_ms: int
    end_ms: int
    passed: int


def order_faults(spans: Iterable[TimedSpan]) -> frozenset[OrderFault]:
    """Return the broken rules of segments in reading order; recordings are independent.

    A speaker's segments are compared each with the next one of that speaker, so that removing
    a segment never adds a fault to a sound transcript.
    """
    found = set()
    above: dict[str, TimedSpan] = {}
    last_of_speaker: dict[tuple[str, str], TimedSpan] = {}
    for span in spans:
        before = above.get(span.recording)
        if before is not None and before.start_ms > span.start_ms:
            found.add(OrderFault("out_of_order", before.id, span.id))
        same = last_of_speaker.get((span.recording, span.speaker))
        if same is not None and _overlap(same, span):
            found.add(OrderFault("times_overlap", same.id, span.id))
        above[span.recording] = span
        last_of_speaker[span.recording, span.speaker] = span
    return frozenset(found)


def fit_between(
    above: Sequence[TimedSpan],
    span: TimedSpan,
    below: Sequence[TimedSpan],
    *,
    longest_ms: int | None,
) -> FittedTimes:
    """Return the times nearest to those of `span` that keep the order.

    `above` and `below` are the other segments of the recording in reading order. Where its
    speaker is still speaking while the next segment begins, the span goes behind that one;
    where there is no time left at all, it becomes empty. `longest_ms` limits the end.
    """
    spoken_until = max((one.end_ms for one in above if one.speaker == span.speaker), default=0)
    earliest = max(spoken_until, above[-1].start_ms if above else 0)
    passed = 0
    for one in below:
        if one.start_ms >= earliest:
            break
        passed += 1
        if one.speaker == span.speaker:
            earliest = max(earliest, one.end_ms)
    following = below[passed:]
    latest_start = following[0].start_ms if following else None
    own = (one.start_ms for one in following if one.speaker == span.speaker)
    latest_end = _least(next(own, None), longest_ms)
    start_ms = max(span.start_ms, earliest)
    if (latest := _least(latest_start, latest_end)) is not None:
        start_ms = max(earliest, min(start_ms, latest))
    end_ms = max(start_ms, span.end_ms)
    if latest_end is not None:
        end_ms = max(start_ms, min(end_ms, latest_end))
    return FittedTimes(start_ms, end_ms, passed)


def passed_by(start_ms: int, below: Iterable[TimedSpan]) -> int:
    """Return how many of the following segments start before `start_ms`."""
    return sum(1 for _one in itertools.takewhile(lambda one: one.start_ms < start_ms, below))


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _overlap(one: TimedSpan, other: TimedSpan) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms
