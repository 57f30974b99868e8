"""Operations of an `ops` request: each parses its fields and calls one action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archive.access import NotVisible
from archive.actions.editing import segments, structure
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentRefused
from archive.actions.editing.structure import NewSegment, Restoration, RestoredSegments
from archive.models import Segment
from archive.web.core import loaders
from archive.web.editing import api_request

Fields = dict[str, Any]


def apply_operations(draft: Draft, operations: list[Any], operation: str) -> RestoredSegments:
    """Apply the operations in order; return each changed segment once. The first error raises."""
    changed: dict[str, Segment] = {}
    is_fitted = False
    for fields in operations:
        name = fields.get("op") if isinstance(fields, dict) else None
        if not isinstance(name, str) or name not in _OPERATIONS:
            raise SegmentRefused(field="op", why="unknown")
        result = _OPERATIONS[name](draft, fields, operation)
        if isinstance(result, RestoredSegments):
            is_fitted = is_fitted or result.is_fitted
            result = result.segments
        changed.update({segment.id: segment for segment in result})
    return RestoredSegments(list(changed.values()), is_fitted)


def _split(draft: Draft, fields: Fields, operation: str) -> list[Segment]:
    at_ms = api_request.integer(fields, "at_ms") if fields.get("at_ms") is not None else None
    return list(
        segments.split(
            draft,
            _segment(fields, "seg", draft),
            based_on=api_request.integer(fields, "rev"),
            char=api_request.integer(fields, "char"),
            at_ms=at_ms,
            new_id=api_request.ulid(fields, "new_id"),
            operation=operation,
        )
    )


def _merge(draft: Draft, fields: Fields, operation: str) -> list[Segment]:
    ids, revs = fields.get("ids"), fields.get("revs")
    if not (isinstance(ids, list) and isinstance(revs, list) and len(ids) == len(revs) == 2):
        raise SegmentRefused(field="ids", why="two_are_needed")
    first, second = (_segment({"seg": i}, "seg", draft) for i in ids)
    segments.merge(
        draft,
        first,
        second,
        based_on=(
            api_request.integer({"rev": revs[0]}, "rev"),
            api_request.integer({"rev": revs[1]}, "rev"),
        ),
        operation=operation,
    )
    return [first, second]


def _drop(draft: Draft, fields: Fields, operation: str) -> list[Segment]:
    segment = _segment(fields, "seg", draft)
    segments.drop(
        draft,
        segment,
        based_on=api_request.integer(fields, "rev"),
        reason=api_request.text(fields, "reason"),
        operation=operation,
    )
    return [segment]


def _name_speaker(draft: Draft, fields: Fields, operation: str) -> list[Segment]:
    targets = _segments(fields, "ids", draft)
    segments.name_speaker(
        draft,
        targets,
        speaker=api_request.text(fields, "speaker"),
        operation=operation,
    )
    return targets


def _insert(draft: Draft, fields: Fields, operation: str) -> list[Segment]:
    new = NewSegment(
        id=api_request.ulid(fields, "new_id"),
        start_ms=api_request.integer(fields, "start"),
        end_ms=api_request.integer(fields, "end"),
        text=api_request.text(fields, "text"),
        speaker=api_request.text(fields, "speaker") if fields.get("speaker") is not None else "",
        recording_id=_recording(fields),
    )
    after = _segment(fields, "after", draft) if fields.get("after") is not None else None
    inserted = structure.insert(
        draft,
        new,
        after=after,
        operation=operation,
    )
    return [inserted]


def _move_boundary(draft: Draft, fields: Fields, operation: str) -> list[Segment]:
    left, right = (_segment(fields, side, draft) for side in ("left", "right"))
    structure.move_boundary(
        draft,
        left,
        right,
        at_ms=api_request.integer(fields, "at_ms"),
        operation=operation,
    )
    return [left, right]


def _shift(draft: Draft, fields: Fields, operation: str) -> list[Segment]:
    if isinstance(fields.get("from"), str):
        first = _segment(fields, "from", draft)
    else:
        first = structure.first_starting_from(
            draft.version, api_request.integer(fields, "from"), _recording(fields)
        )
    return structure.shift(
        draft,
        first=first,
        by_ms=api_request.integer(fields, "delta_ms"),
        operation=operation,
    )


def _replace(draft: Draft, fields: Fields, operation: str) -> list[Segment]:
    return structure.replace(
        draft,
        _segments(fields, "ids", draft),
        find=api_request.text(fields, "find"),
        replacement=api_request.text(fields, "with"),
        expected=api_request.integer(fields, "expected"),
        operation=operation,
    )


def _revert(draft: Draft, fields: Fields, operation: str) -> RestoredSegments:
    targets = _segments(fields, "ids", draft)
    revs, to = api_request.nonempty_list(fields, "revs"), api_request.nonempty_list(fields, "to")
    if not len(targets) == len(revs) == len(to):
        raise SegmentRefused(field="ids", why="as_many_are_needed")
    restorations = [
        Restoration(
            segment=segment,
            based_on=api_request.integer({"revs": rev}, "revs"),
            revision=api_request.integer({"to": old}, "to"),
        )
        for segment, rev, old in zip(targets, revs, to, strict=True)
    ]
    joined = _segments(fields, "joined", draft) if fields.get("joined") is not None else []
    return structure.restore_many(
        draft,
        restorations,
        joined=joined,
        fit=api_request.flag(fields, "fit"),
        operation=operation,
    )


Operation = Callable[[Draft, Fields, str], list[Segment] | RestoredSegments]
_OPERATIONS: dict[str, Operation] = {
    "split": _split,
    "merge": _merge,
    "insert": _insert,
    "delete": _drop,
    "move_boundary": _move_boundary,
    "shift": _shift,
    "set_speaker": _name_speaker,
    "replace": _replace,
    "revert": _revert,
}


def _segment(fields: Fields, name: str, draft: Draft) -> Segment:
    _interview, found_version, found = loaders.segment(api_request.ulid(fields, name), "correct")
    if found_version.id != draft.version.id:
        raise NotVisible
    return found


def _segments(fields: Fields, name: str, draft: Draft) -> list[Segment]:
    return [_segment({name: item}, name, draft) for item in api_request.nonempty_list(fields, name)]


def _recording(fields: Fields) -> str | None:
    return api_request.ulid(fields, "recording") if fields.get("recording") is not None else None
