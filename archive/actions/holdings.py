"""What the archive holds: originals and what is derived from them.

A file belongs to one interview. The same bytes are stored once; when they come again
the sender is told where they are, and may say that they belong to this interview too:
then a second row names the same object of the vault.
Order of writes: the object is in the vault before `register` makes a row about it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Action, Actor, NotVisible, Refused
from archive.actions import interviews
from archive.models import ChainHead, Event, Interview, MediaFile, Recording, User
from archive.models.base import utc_now

TIMED_GROUPS = ("sound", "video")


class AlreadyHere(Refused):
    """This interview has the file already."""

    code = "already_here"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """An object that lies in the vault and what is known about it; not yet a row.

    `repaired` says that the vault held a damaged object with this digest until now.
    """

    filename: str
    sha256: str
    size_bytes: int
    group: str
    media_type: str
    technical: dict[str, Any] = field(default_factory=dict)
    repaired: bool = False


@dataclass(frozen=True, kw_only=True)
class Registered:
    """The row of an arrival, or the one that the same bytes have already."""

    file: MediaFile
    is_duplicate: bool


@dataclass(frozen=True, kw_only=True)
class Holding:
    """An original, the recording that it is, and what was derived from it, by role."""

    original: MediaFile
    recording: Recording | None
    derived: dict[str, MediaFile]

    @property
    def problems(self) -> list[MediaFile]:
        """What could not be made from it."""
        return [file for file in self.derived.values() if file.problem]


def register(
    db: Session, actor: Actor, interview: Interview, *, arrival: Arrival, repeat: bool = False
) -> Registered:
    """Make an arrival a holding: the original, and for sound and video the next recording.

    Bytes that the archive has already get no second row, unless `repeat` says that they
    belong to this interview too; in one interview they are never kept twice.
    """
    access.require(actor, "upload", interview)
    _one_at_a_time(db)
    twins = list(
        db.scalars(
            select(MediaFile)
            .where(MediaFile.sha256 == arrival.sha256, MediaFile.role == "original")
            .order_by(MediaFile.id)
        )
    )
    if arrival.repaired:
        _note_repair(db, actor, twins)
    here = next((twin for twin in twins if twin.interview_id == interview.id), None)
    if here is not None or (twins and not repeat):
        twin = here or twins[0]
        audit.record(
            db, actor, "duplicate.found", twin, interview=interview,
            filename=arrival.filename, size_bytes=arrival.size_bytes, sha256=arrival.sha256,
        )  # fmt: skip
        return Registered(file=twin, is_duplicate=True)
    return Registered(file=_add(db, actor, interview, arrival), is_duplicate=bool(twins))


def owner(db: Session, actor: Actor, accession: str, *, action: Action) -> Interview:
    """The interview that files are for: for edges that may not hold a session while bytes flow."""
    interview = interviews.by_accession(db, accession)
    if interview is None:
        raise NotVisible
    access.require(actor, action, interview)
    return interview


def repeat(db: Session, actor: Actor, interview: Interview, *, of: MediaFile) -> MediaFile:
    """Say that a file of another interview belongs to this one too; no byte is copied."""
    access.require(actor, "upload", interview)
    access.require(actor, "view", db.get_one(Interview, of.interview_id))
    arrival = Arrival(
        filename=of.filename, sha256=of.sha256, size_bytes=of.size_bytes, group=of.group,
        media_type=of.media_type, technical=of.technical,
    )  # fmt: skip
    registered = register(db, actor, interview, arrival=arrival, repeat=True)
    if registered.file.id == of.id:
        raise AlreadyHere(filename=of.filename)
    return registered.file


def whereabouts(
    db: Session, actor: Actor, file_id: str
) -> tuple[MediaFile | None, Interview | None]:
    """A file and its interview; no interview when the actor may not know of it."""
    file = db.get(MediaFile, file_id)
    if file is None:
        return None, None
    interview = db.get_one(Interview, file.interview_id)
    return file, interview if access.may(actor, "view", interview) else None


def listed(db: Session, actor: Actor, interview: Interview) -> list[Holding]:
    """Everything of an interview: recordings by part, then attachments as they came."""
    access.require(actor, "view", interview)
    files = list(
        db.scalars(
            select(MediaFile).where(MediaFile.interview_id == interview.id).order_by(MediaFile.id)
        )
    )
    recordings = {
        recording.id: recording
        for recording in db.scalars(select(Recording).where(Recording.interview_id == interview.id))
    }
    derived: dict[str, dict[str, MediaFile]] = {}
    for file in files:
        if file.derived_from_id is not None:
            derived.setdefault(file.derived_from_id, {})[file.role] = file
    holdings = [
        Holding(
            original=file,
            recording=recordings.get(file.recording_id or ""),
            derived=derived.get(file.id, {}),
        )
        for file in files
        if file.role == "original"
    ]
    return sorted(
        holdings, key=lambda h: (h.recording is None, h.recording.part if h.recording else 0)
    )


def holding(db: Session, actor: Actor, file: MediaFile) -> Holding:
    """One original with what was derived from it."""
    interview = db.get_one(Interview, file.interview_id)
    for found in listed(db, actor, interview):
        if found.original.id == file.id:
            return found
    raise NotVisible


def received_by(db: Session, file: MediaFile) -> str:
    """The name of who sent a file; the event's when it came by the command line."""
    user = db.get(User, file.received_by_id) if file.received_by_id else None
    if user is not None:
        return user.name
    return (
        db.scalar(
            select(Event.actor_name).where(
                Event.subject_id == file.id, Event.kind == "file.received"
            )
        )
        or ""
    )


def history(db: Session, actor: Actor, file: MediaFile) -> list[Event]:
    """What happened to an original and to what was made from it, oldest first."""
    interview = db.get_one(Interview, file.interview_id)
    access.require(actor, "see_files", file, interview=interview)
    made = select(MediaFile.id).where(MediaFile.derived_from_id == file.id)
    return list(
        db.scalars(
            select(Event)
            .where(or_(Event.subject_id == file.id, Event.subject_id.in_(made)))
            .order_by(Event.number)
        )
    )


def grouped(digest: str) -> list[str]:
    """A digest in groups of four, as a person compares it with a printed one."""
    return [digest[at : at + 4] for at in range(0, len(digest), 4)]


def _add(db: Session, actor: Actor, interview: Interview, arrival: Arrival) -> MediaFile:
    recording = None
    if arrival.group in TIMED_GROUPS:
        last = db.scalar(
            select(func.max(Recording.part)).where(Recording.interview_id == interview.id)
        )
        recording = Recording(
            interview_id=interview.id, part=(last or 0) + 1, is_video=arrival.group == "video",
            duration_ms=arrival.technical.get("duration_ms"),
            recorded_as_written=str(arrival.technical.get("recorded_as_written") or ""),
        )  # fmt: skip
        db.add(recording)
        db.flush()
    file = MediaFile(
        interview_id=interview.id, recording_id=recording.id if recording else None,
        role="original", group=arrival.group, filename=arrival.filename,
        media_type=arrival.media_type, size_bytes=arrival.size_bytes, sha256=arrival.sha256,
        technical=arrival.technical, received_by_id=actor.user_id or None,
    )  # fmt: skip
    db.add(file)
    db.flush()
    audit.record(
        db, actor, "file.received", file, interview=interview,
        filename=arrival.filename, size_bytes=arrival.size_bytes, algorithm="SHA-256",
        digest=arrival.sha256, format=arrival.media_type,
        part=recording.part if recording else 0,
    )  # fmt: skip
    return file


def _note_repair(db: Session, actor: Actor, twins: list[MediaFile]) -> None:
    for twin in twins:
        twin.check_state, twin.checked_at = "ok", utc_now()
        audit.record(
            db, actor, "fixity.repaired", twin, interview=db.get_one(Interview, twin.interview_id),
            algorithm="SHA-256", digest=twin.sha256,
        )  # fmt: skip


def _one_at_a_time(db: Session) -> None:
    """Two who send the same bytes at once must see each other: lock what every event locks."""
    db.get(ChainHead, 1, with_for_update=True)
