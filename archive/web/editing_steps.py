"""The steps of an `ops` request: each reads its fields and calls one verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archive.access import NotVisible
from archive.actions import segment_series, segments
from archive.actions.segment_series import NewSegment, WayBack
from archive.actions.segments import SegmentRefused
from archive.models import Interview, Segment, TranscriptVersion
from archive.web import current, loaders
from archive.web import editing_input as said

Fields = dict[str, Any]


def carry_out(
    listed: list[Any], interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    """Every segment that the steps touched, once; the first step that cannot be done raises."""
    touched: dict[str, Segment] = {}
    for step in listed:
        kind = step.get("op") if isinstance(step, dict) else None
        if not isinstance(kind, str) or kind not in _STEPS:
            raise SegmentRefused(field="op", why="unknown")
        for segment in _STEPS[kind](step, interview, version, operation):
            touched[segment.id] = segment
    return list(touched.values())


def _split(
    step: Fields, interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    at_ms = said.number(step, "at_ms") if step.get("at_ms") is not None else None
    return list(
        segments.split(
            current.db(), current.actor(), interview, version, _segment(step, "seg", version),
            based_on=said.number(step, "rev"), char=said.number(step, "char"), at_ms=at_ms,
            new_id=said.ulid(step, "new_id"), operation=operation,
        )
    )  # fmt: skip


def _merge(
    step: Fields, interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    ids, revs = step.get("ids"), step.get("revs")
    if not (isinstance(ids, list) and isinstance(revs, list) and len(ids) == len(revs) == 2):
        raise SegmentRefused(field="ids", why="two_are_needed")
    first, second = (_segment({"seg": i}, "seg", version) for i in ids)
    segments.merge(
        current.db(), current.actor(), interview, version, first, second,
        based_on=(said.number({"rev": revs[0]}, "rev"), said.number({"rev": revs[1]}, "rev")),
        operation=operation,
    )  # fmt: skip
    return [first, second]


def _drop(
    step: Fields, interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    segment = _segment(step, "seg", version)
    segments.drop(
        current.db(), current.actor(), interview, version, segment,
        based_on=said.number(step, "rev"), reason=said.text(step, "reason"), operation=operation,
    )  # fmt: skip
    return [segment]


def _name_speaker(
    step: Fields, interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    chosen = _segments(step, "ids", version)
    segments.name_speaker(
        current.db(), current.actor(), interview, version, chosen,
        speaker=said.text(step, "speaker"), operation=operation,
    )  # fmt: skip
    return chosen


def _insert(
    step: Fields, interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    new = NewSegment(
        id=said.ulid(step, "new_id"), start_ms=said.number(step, "start"),
        end_ms=said.number(step, "end"), text=said.text(step, "text"),
        speaker=said.text(step, "speaker") if step.get("speaker") is not None else "",
        recording_id=_recording(step),
    )  # fmt: skip
    after = _segment(step, "after", version) if step.get("after") is not None else None
    made = segment_series.insert(
        current.db(), current.actor(), interview, version, new, after=after, operation=operation
    )
    return [made]


def _move_boundary(
    step: Fields, interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    left, right = (_segment(step, side, version) for side in ("left", "right"))
    segment_series.move_boundary(
        current.db(), current.actor(), interview, version, left, right,
        at_ms=said.number(step, "at_ms"), operation=operation,
    )  # fmt: skip
    return [left, right]


def _shift(
    step: Fields, interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    if isinstance(step.get("from"), str):
        first = _segment(step, "from", version)
    else:
        first = segment_series.first_from(version, said.number(step, "from"), _recording(step))
    return segment_series.shift(
        current.db(), current.actor(), interview, version, first=first,
        by_ms=said.number(step, "delta_ms"), operation=operation,
    )  # fmt: skip


def _replace(
    step: Fields, interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    return segment_series.replace(
        current.db(), current.actor(), interview, version, _segments(step, "ids", version),
        find=said.text(step, "find"), put=said.text(step, "with"),
        expected=said.number(step, "expected"), operation=operation,
    )  # fmt: skip


def _revert(
    step: Fields, interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    chosen = _segments(step, "ids", version)
    revs, to = said.list_of(step, "revs"), said.list_of(step, "to")
    if not len(chosen) == len(revs) == len(to):
        raise SegmentRefused(field="ids", why="as_many_are_needed")
    ways = [
        WayBack(
            segment=segment, based_on=said.number({"revs": rev}, "revs"),
            revision=said.number({"to": old}, "to"),
        )
        for segment, rev, old in zip(chosen, revs, to, strict=True)
    ]  # fmt: skip
    joined = _segments(step, "joined", version) if step.get("joined") is not None else []
    return segment_series.bring_back(
        current.db(), current.actor(), interview, version, ways, joined=joined, operation=operation
    )


Step = Callable[[Fields, Interview, TranscriptVersion, str], list[Segment]]
_STEPS: dict[str, Step] = {
    "split": _split, "merge": _merge, "insert": _insert, "delete": _drop,
    "move_boundary": _move_boundary, "shift": _shift, "set_speaker": _name_speaker,
    "replace": _replace, "revert": _revert,
}  # fmt: skip


def _segment(step: Fields, name: str, version: TranscriptVersion) -> Segment:
    _interview, of, found = loaders.segment(said.ulid(step, name), "correct")
    if of.id != version.id:
        raise NotVisible
    return found


def _segments(step: Fields, name: str, version: TranscriptVersion) -> list[Segment]:
    return [_segment({name: one}, name, version) for one in said.list_of(step, name)]


def _recording(step: Fields) -> str | None:
    return said.ulid(step, "recording") if step.get("recording") is not None else None
