"""Details of events: an event has the fields that DETAILS lists for its kind, and no others.

Events are never changed: those of earlier versions may have other fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from archive.models.vocabulary import Audience, CheckState, EventKind, UserRole, VersionState


class UnfitDetail(TypeError):
    """Raised for details that do not fit the kind of the event: a fault of the program."""


@dataclass(frozen=True)
class MayBeAbsent:
    """A field with values of type `of` that not every event of the kind has."""

    of: Any


# Of each field the type of its value, MayBeAbsent, or the fields of a nested one.
DetailFields = Mapping[str, Any]

NAME_CHANGE: DetailFields = {"before": str, "after": str}
PEOPLE_CHANGE: DetailFields = {"before": list[str], "after": list[str]}
ENTRY_OF_CONTENTS: DetailFields = {
    "start_ms": int,
    "title": str,
    "synopsis": str,
    "part": MayBeAbsent(int),
}
_FILE: DetailFields = {"filename": str, "size_bytes": int}
_JOB: DetailFields = {"kind_of_job": str}

DETAILS: Mapping[EventKind, DetailFields] = {
    "account.changed": {"role": UserRole, "active": bool, "name": MayBeAbsent(NAME_CHANGE)},
    "account.described": {"name": MayBeAbsent(NAME_CHANGE)},
    "account.opened": {"role": UserRole},
    "account.password_set": {},
    "archive.backed_up": {
        "copy": str,
        "target": str,
        "database_bytes": int,
        "originals": int,
        "original_bytes": int,
        "copied": int,
        "copied_bytes": int,
        "checked": int,
        "repaired": int,
        "with_key": bool,
        "missing": list[str],
        "missing_count": int,
    },
    "archive.restored": {
        "copy": str,
        "made_at": str,
        "originals": int,
        "missing": list[str],
        "missing_count": int,
    },
    "clock.jumped": {"by_s": int},
    "collection.created": {"code": str},
    "collection.described": {},
    "contents.added": {"title": str},
    "contents.changed": {"before": ENTRY_OF_CONTENTS},
    "contents.removed": {"before": ENTRY_OF_CONTENTS},
    "duplicate.found": {**_FILE, "sha256": str, "sent": MayBeAbsent(bool)},
    "file.derived": {
        "source": str,
        "source_digest": str,
        "recipe": str,
        "version": int,
        "problem": str,
        "size_bytes": int,
        "digest": str,
    },
    "file.received": {**_FILE, "algorithm": str, "digest": str, "format": str, "part": int},
    "file.refused": {**_FILE, "problem": str},
    "fixity.checked": {"algorithm": str, "expected": str, "found": str, "state": CheckState},
    "fixity.repaired": {"algorithm": str, "digest": str},
    "interview.created": {"accession": str, "audience": Audience},
    "interview.described": {
        "revision": int,
        "changed": list[str],
        "audience": Audience,
        "people": {
            "witnesses": MayBeAbsent(PEOPLE_CHANGE),
            "interviewers": MayBeAbsent(PEOPLE_CHANGE),
        },
        "voices_of": MayBeAbsent(list[str]),
        "accession": MayBeAbsent(NAME_CHANGE),
    },
    "interview.opened": {"before": Audience, "after": Audience, "role": UserRole},
    "interview.redacted": {},
    "job.cancelled": _JOB,
    "job.retried": _JOB,
    "office.described": {
        "name": MayBeAbsent(NAME_CHANGE),
        "four_eyes": MayBeAbsent(NAME_CHANGE),
    },
    "person.created": {},
    "person.described": {},
    "person.merge_undone": {"merged": str},
    "person.merged": {"merged": str},
    "person.removed": {},
    "place.described": {},
    "sample.loaded": {"interviews": int},
    "sample.removed": {"interviews": int, "kept": list[str]},
    "transcript.approved": {
        "number": int,
        "segments": int,
        "unheard": int,
        "flagged": int,
        "unnamed": int,
        "reason": str,
        "role": UserRole,
    },
    "transcript.approved_alone": {"number": int, "reason": str},
    "transcript.edited": {
        "how": str,
        "segments": list[str],
        "by_ms": MayBeAbsent(int),
        "count": MayBeAbsent(int),
        "find": MayBeAbsent(str),
        "put": MayBeAbsent(str),
        "reason": MayBeAbsent(str),
        "revision": MayBeAbsent(int),
        "times_fitted": MayBeAbsent(bool),
    },
    "transcript.imported": {"number": int, "state": VersionState, "source": str},
    "transcript.made": {"number": int, "engine": str, "model": str, "model_sha256": str},
    "transcript.opened": {"number": int, "based_on": str, "reason": str},
    "transcript.submitted": {},
    "transcript.withdrawn": {},
    "transcription.requested": {"engine": str, "model": str},
}


def name_change(before: str, after: str) -> dict[str, Any]:
    """Return the field `name` of an event for a name that changed; nothing for one that did not."""
    return {"name": {"before": before, "after": after}} if before != after else {}


def require_fitting(kind: EventKind, detail: Mapping[str, Any]) -> None:
    """Raise UnfitDetail unless the details are those of the kind."""
    if kind not in DETAILS:
        raise UnfitDetail(f"no event is of the kind {kind}")
    faults = _faults(detail, DETAILS[kind], kind)
    if faults:
        raise UnfitDetail("; ".join(faults))


def _faults(values: Mapping[str, Any], fields: DetailFields, path: str) -> list[str]:
    """Return what is wrong with the values, each with its path."""
    faults = [f"{path}.{name} is not a field" for name in values if name not in fields]
    for name, expected in fields.items():
        of = expected.of if isinstance(expected, MayBeAbsent) else expected
        inner = f"{path}.{name}"
        if name not in values:
            if of is expected:
                faults.append(f"{inner} is missing")
        elif isinstance(of, Mapping):
            value = values[name]
            is_nested = isinstance(value, Mapping)
            faults += _faults(value, of, inner) if is_nested else [f"{inner} has no fields"]
        elif not _fits(values[name], of):
            faults.append(f"{inner} is {values[name]!r}")
    return faults


def _fits(value: object, expected: Any) -> bool:
    """Return whether the value is of the type: a class, a Literal, a union, or a list of one."""
    origin, arguments = get_origin(expected), get_args(expected)
    if origin is Literal:
        return value in arguments
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in arguments)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, expected)
