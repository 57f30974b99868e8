"""The contents of an interview: points along its recordings, with a title and a synopsis each."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Actor, NotVisible, Refused
from archive.actions import typed
from archive.models import Annotation, Event, Interview, Recording

KIND = "index_point"
LONGEST_TITLE = 300
LONGEST_SYNOPSIS = 5_000
MOST_POINTS = 500
LATEST_MS = 100 * 3_600_000


class PointTitleMissing(Refused):
    """An entry of the contents needs a title."""

    code = "point_title_missing"


class PointTooLong(Refused):
    """`field` holds more than `longest` characters."""

    code = "point_too_long"


class PointOutside(Refused):
    """The time lies outside of the recording; `duration_ms` is its length, if known."""

    code = "point_outside"


class PartUnknown(Refused):
    """The interview has no part of this number."""

    code = "part_unknown"


class TooManyPoints(Refused):
    """`most` entries are as many as a reader can look through."""

    code = "too_many_points"


@dataclass(frozen=True, kw_only=True)
class Point:
    """An entry as it is typed. `part` counts recordings from one."""

    start_ms: int
    title: str
    synopsis: str = ""
    part: int = 1


def listed(db: Session, interview: Interview) -> list[tuple[int, Annotation]]:
    """Every entry with its part, in the order in which the recordings are heard."""
    parts = {recording.id: recording.part for recording in interview.recordings}
    points = db.scalars(
        select(Annotation).where(Annotation.interview_id == interview.id, Annotation.kind == KIND)
    )
    found = [(parts.get(point.recording_id or "", 1), point) for point in points]
    return sorted(found, key=lambda pair: (pair[0], pair[1].start_ms, pair[1].id))


def add(db: Session, actor: Actor, interview: Interview, told: Point) -> Annotation:
    """Another entry."""
    access.require(actor, "describe", interview)
    if len(listed(db, interview)) >= MOST_POINTS:
        raise TooManyPoints(most=MOST_POINTS)
    point = Annotation(interview_id=interview.id, kind=KIND, author_id=actor.user_id or None)
    _write(interview, point, told)
    db.add(point)
    db.flush()
    audit.record(db, actor, "contents.added", point, interview=interview, title=point.title)
    return point


def change(
    db: Session, actor: Actor, interview: Interview, point_id: str, told: Point
) -> Annotation:
    """Another time, title or synopsis."""
    access.require(actor, "describe", interview)
    point = _point(db, interview, point_id)
    before = {"start_ms": point.start_ms, "title": point.title, "synopsis": point.body}
    _write(interview, point, told)
    db.flush()
    audit.record(db, actor, "contents.changed", point, interview=interview, before=before)
    return point


def remove(db: Session, actor: Actor, interview: Interview, point_id: str) -> Point:
    """Take an entry out; what it said is given back and stays in the event."""
    access.require(actor, "describe", interview)
    point = _point(db, interview, point_id)
    part = next((p for p, other in listed(db, interview) if other.id == point.id), 1)
    told = Point(start_ms=point.start_ms, title=point.title, synopsis=point.body, part=part)
    audit.record(db, actor, "contents.removed", point, interview=interview, before=asdict(told))
    db.delete(point)
    db.flush()
    return told


def removed(db: Session, interview: Interview, point_id: str) -> Point | None:
    """What an entry said that was taken out, so that it can be put back."""
    event = db.scalar(
        select(Event)
        .where(
            Event.kind == "contents.removed",
            Event.interview_id == interview.id,
            Event.subject_id == point_id,
        )
        .limit(1)
    )
    return Point(**event.detail["before"]) if event is not None else None


def _point(db: Session, interview: Interview, point_id: str) -> Annotation:
    found = db.get(Annotation, point_id)
    if found is None or found.interview_id != interview.id or found.kind != KIND:
        raise NotVisible
    return found


def _write(interview: Interview, point: Annotation, told: Point) -> None:
    title, synopsis = typed.line(told.title), typed.paragraphs(told.synopsis)
    if not title:
        raise PointTitleMissing
    for name, text, longest in (
        ("title", title, LONGEST_TITLE), ("synopsis", synopsis, LONGEST_SYNOPSIS),
    ):  # fmt: skip
        if len(text) > longest:
            raise PointTooLong(field=name, longest=longest)
    recording = _recording(interview, told.part)
    end = recording.duration_ms if recording is not None and recording.duration_ms else LATEST_MS
    if not 0 <= told.start_ms < end:
        raise PointOutside(duration_ms=end)
    point.recording_id = recording.id if recording is not None else None
    point.start_ms, point.title, point.body = told.start_ms, title, synopsis


def _recording(interview: Interview, part: int) -> Recording | None:
    """The recording of a part; before there is any, only part one can be meant."""
    found = next((r for r in interview.recordings if r.part == part), None)
    if found is None and (interview.recordings or part != 1):
        raise PartUnknown(part=part)
    return found
