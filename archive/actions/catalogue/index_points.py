"""Index points of an interview: a time in a recording with a title and a synopsis."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import NotVisible, Refused, Rights
from archive.models import Annotation, Event, Interview, Recording
from archive.text import text_input

KIND = "index_point"
LONGEST_POINT_TITLE = 300
LONGEST_SYNOPSIS = 5_000
MOST_POINTS = 500
LATEST_MS = 100 * 3_600_000


class PointTitleMissing(Refused):
    """An index point needs a title."""

    code = "point_title_missing"


class PointTooLong(Refused):
    """`field` holds more than `longest` characters."""

    code = "point_too_long"


class PointOutsideRecording(Refused):
    """The time lies outside of the recording; `duration_ms` is its length, if known."""

    code = "point_outside"


class PartUnknown(Refused):
    """The interview has no part with this number."""

    code = "part_unknown"


class TooManyPoints(Refused):
    """The interview has `most` index points already."""

    code = "too_many_points"


@dataclass(frozen=True, kw_only=True)
class IndexPointInput:
    """The fields of an index point as submitted. `part` counts recordings from 1."""

    start_ms: int
    title: str
    synopsis: str = ""
    part: int = 1


def list_points(db: Session, interview: Interview) -> list[tuple[int, Annotation]]:
    """Return the index points with their part numbers, in playback order."""
    parts = {recording.id: recording.part for recording in interview.recordings}
    points = db.scalars(
        select(Annotation).where(Annotation.interview_id == interview.id, Annotation.kind == KIND)
    )
    found = [(parts.get(point.recording_id or "", 1), point) for point in points]
    return sorted(found, key=lambda pair: (pair[0], pair[1].start_ms, pair[1].id))


def add(db: Session, rights: Rights, interview: Interview, data: IndexPointInput) -> Annotation:
    """Create an index point."""
    access.require(rights, "describe", access.Scope(interview))
    if len(list_points(db, interview)) >= MOST_POINTS:
        raise TooManyPoints(most=MOST_POINTS)
    point = Annotation(interview_id=interview.id, kind=KIND, author_id=rights.actor.user_id or None)
    _write(interview, point, data)
    db.add(point)
    db.flush()
    audit.record(db, rights.actor, "contents.added", point, interview=interview, title=point.title)
    return point


def update(
    db: Session, rights: Rights, interview: Interview, point_id: str, data: IndexPointInput
) -> Annotation:
    """Update time, title and synopsis of an index point."""
    access.require(rights, "describe", access.Scope(interview))
    point = _point(db, interview, point_id)
    before = {"start_ms": point.start_ms, "title": point.title, "synopsis": point.body}
    _write(interview, point, data)
    db.flush()
    audit.record(db, rights.actor, "contents.changed", point, interview=interview, before=before)
    return point


def remove(db: Session, rights: Rights, interview: Interview, point_id: str) -> IndexPointInput:
    """Delete an index point and return its fields, which are also stored in the event."""
    access.require(rights, "describe", access.Scope(interview))
    point = _point(db, interview, point_id)
    part = next((p for p, other in list_points(db, interview) if other.id == point.id), 1)
    data = IndexPointInput(
        start_ms=point.start_ms, title=point.title, synopsis=point.body, part=part
    )
    audit.record(
        db, rights.actor, "contents.removed", point, interview=interview, before=asdict(data)
    )
    db.delete(point)
    db.flush()
    return data


def find_removed(db: Session, interview: Interview, point_id: str) -> IndexPointInput | None:
    """Return the fields of a deleted index point from its event, for restoring it."""
    event = db.scalar(
        select(Event)
        .where(
            Event.kind == "contents.removed",
            Event.interview_id == interview.id,
            Event.subject_id == point_id,
        )
        .limit(1)
    )
    return IndexPointInput(**event.detail["before"]) if event is not None else None


def _point(db: Session, interview: Interview, point_id: str) -> Annotation:
    found = db.get(Annotation, point_id)
    if found is None or found.interview_id != interview.id or found.kind != KIND:
        raise NotVisible
    return found


def _write(interview: Interview, point: Annotation, data: IndexPointInput) -> None:
    title, synopsis = text_input.single_line(data.title), text_input.multi_line(data.synopsis)
    if not title:
        raise PointTitleMissing
    for name, text, longest in (
        ("title", title, LONGEST_POINT_TITLE),
        ("synopsis", synopsis, LONGEST_SYNOPSIS),
    ):
        if len(text) > longest:
            raise PointTooLong(field=name, longest=longest)
    recording = _recording(interview, data.part)
    end = recording.duration_ms if recording is not None and recording.duration_ms else LATEST_MS
    if not 0 <= data.start_ms < end:
        raise PointOutsideRecording(duration_ms=end)
    point.recording_id = recording.id if recording is not None else None
    point.start_ms, point.title, point.body = data.start_ms, title, synopsis


def _recording(interview: Interview, part: int) -> Recording | None:
    """Return the recording of a part; None for part 1 of an interview without recordings."""
    found = interview.recording_of_part(part)
    if found is None and (interview.recordings or part != 1):
        raise PartUnknown(part=part)
    return found
