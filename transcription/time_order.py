"""Time order of the segments of a recording: its rules, and times that keep them.

Reading order is time order: no segment starts before the one above it, and no speaker has two
segments at once. Different speakers may overlap. Transcripts that were imported may break both
rules; an edit may leave such a fault, but must not add one.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

OrderRule = Literal["times_overlap", "out_of_order"]

LEAST_SHOWN_MS = 100
"""The least that fitted times leave of a segment: as a caption it still comes on the screen."""


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


class _Gap(NamedTuple):
    """Time in which a speaker is free; `behind` is the id of the segment of theirs before it."""

    free_from: int
    until: int | None
    behind: str


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


def fit_in_order(
    spans: Sequence[TimedSpan], restored: Collection[str], *, longest_ms: int | None
) -> list[TimedSpan] | None:
    """Return the segments of a recording with restored ones at the nearest free times.

    `spans` are in reading order, the restored ones at times that may break the rules; the others
    keep theirs. A restored segment goes before or behind others where its time belongs, one
    that is restored alone also before or behind those of its speaker. None if one of them would get
    less than LEAST_SHOWN_MS; `longest_ms` limits ends.
    """
    fitted: dict[str, TimedSpan] = {}
    behind: dict[str, str] = {}
    for group in _groups(spans, restored):
        gap = _gap_around(spans, group, restored)
        placed = _cut_group(group, gap, longest_ms)
        if placed is None and len(restored) == 1:
            for other in _gaps(spans, group[0].speaker, restored):
                if other != gap and (placed := _cut_group(group, other, longest_ms)):
                    behind.update({one.id: other.behind for one in placed})
                    break
        if placed is None:
            placed = _scale_group(group, gap, longest_ms)
            behind.update({one.id: gap.behind for one in group if gap.behind})
        if placed is None:
            return None
        fitted.update({one.id: one for one in placed})
    return _in_reading_order(spans, fitted, behind)


def passed_by(start_ms: int, below: Iterable[TimedSpan]) -> int:
    """Return how many of the following segments start before `start_ms`."""
    return sum(1 for _one in itertools.takewhile(lambda one: one.start_ms < start_ms, below))


def _groups(spans: Iterable[TimedSpan], restored: Collection[str]) -> list[list[TimedSpan]]:
    """Return runs of restored segments between which their speaker has no other segment."""
    groups: list[list[TimedSpan]] = []
    open_groups: dict[str, list[TimedSpan]] = {}
    for span in spans:
        if span.id not in restored:
            open_groups.pop(span.speaker, None)
        elif span.speaker in open_groups:
            open_groups[span.speaker].append(span)
        else:
            open_groups[span.speaker] = [span]
            groups.append(open_groups[span.speaker])
    return groups


def _gaps(spans: Iterable[TimedSpan], speaker: str, restored: Collection[str]) -> Iterator[_Gap]:
    """Yield the times between the segments of a speaker, restored ones aside."""
    free_from, behind = 0, ""
    for span in spans:
        if span.speaker == speaker and span.id not in restored:
            yield _Gap(free_from, span.start_ms, behind)
            free_from, behind = max(free_from, span.end_ms), span.id
    yield _Gap(free_from, None, behind)


def _gap_around(
    spans: Sequence[TimedSpan], group: Sequence[TimedSpan], restored: Collection[str]
) -> _Gap:
    """Return when the speaker of a group is free where the group stands.

    In a sound transcript that is the time between two segments of the speaker. Where they overlap,
    as imported ones may, the group goes behind both.
    """
    ids = [span.id for span in spans]
    first, last = ids.index(group[0].id), ids.index(group[-1].id)
    own = [one for one in spans if one.speaker == group[0].speaker and one.id not in restored]
    free_from = max((one.end_ms for one in own if ids.index(one.id) < first), default=0)
    behind = ""
    for one in own:
        if ids.index(one.id) < last:
            continue
        if one.start_ms >= free_from:
            return _Gap(free_from, one.start_ms, behind)
        free_from, behind = max(free_from, one.end_ms), one.id
    return _Gap(free_from, None, behind)


def _cut_group(
    group: Sequence[TimedSpan], gap: _Gap, longest_ms: int | None
) -> list[TimedSpan] | None:
    """Return the segments cut to the gap; None if too little of one is left."""
    until, cut, free_from = _least(gap.until, longest_ms), [], gap.free_from
    for one in group:
        end_ms = one.end_ms if until is None else min(one.end_ms, until)
        cut.append(replace(one, start_ms=max(one.start_ms, free_from), end_ms=end_ms))
        free_from = end_ms
    is_enough = all(
        now.end_ms - now.start_ms >= _least_of(one) for one, now in zip(group, cut, strict=True)
    )
    return cut if is_enough else None


def _least_of(span: TimedSpan) -> int:
    return min(LEAST_SHOWN_MS, span.end_ms - span.start_ms) or LEAST_SHOWN_MS


def _scale_group(
    group: Sequence[TimedSpan], gap: _Gap, longest_ms: int | None
) -> list[TimedSpan] | None:
    """Return the segments moved and scaled to the gap; None if they do not fit into it."""
    earliest, latest = gap.free_from, _least(gap.until, longest_ms)
    first, needed = group[0].start_ms, sum(map(_least_of, group))
    length = max(1, max(one.end_ms for one in group) - first)
    available, begin = max(length, needed), max(first, earliest)
    if latest is not None:
        if latest - earliest < needed:
            return None
        available = min(available, latest - earliest)
        begin = max(earliest, min(begin, latest - available))
    times, free_from = [], begin
    for one in group:
        start = max(begin + (one.start_ms - first) * available // length, free_from)
        free_from = max(begin + (one.end_ms - first) * available // length, start + _least_of(one))
        times.append((start, free_from))
    fitted, until = [], latest
    for one, (start, end) in reversed(list(zip(group, times, strict=True))):
        end = end if until is None else min(end, until)
        until = min(start, end - _least_of(one))
        fitted.append(replace(one, start_ms=until, end_ms=end))
    return fitted[::-1]


def _in_reading_order(
    spans: Iterable[TimedSpan], fitted: Mapping[str, TimedSpan], behind: Mapping[str, str]
) -> list[TimedSpan]:
    """Return the segments with each fitted one where its time belongs between its speaker's own."""
    order = [span for span in spans if span.id not in fitted]
    above = ""  # the last segment above that keeps its place
    last_of_speaker: dict[str, str] = {}  # the last fitted one above
    for span in spans:
        if span.id not in fitted:
            above = span.id
            continue
        one = fitted[span.id]
        ids = [placed.id for placed in order]
        after = (behind.get(one.id, above), last_of_speaker.get(one.speaker, ""))
        at = max((ids.index(known) + 1 for known in after if known), default=0)
        order.insert(_place_in_time(order, one, at), one)
        last_of_speaker[one.speaker] = one.id
    return order


def _place_in_time(order: Sequence[TimedSpan], one: TimedSpan, at: int) -> int:
    """Return where a segment belongs, from `at` past segments of other speakers."""
    at += sum(
        1
        for _other in itertools.takewhile(
            lambda other: other.start_ms < one.start_ms and other.speaker != one.speaker,
            order[at:],
        )
    )
    while at and order[at - 1].start_ms > one.start_ms and order[at - 1].speaker != one.speaker:
        at -= 1
    return at


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _overlap(one: TimedSpan, other: TimedSpan) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms
