"""Originals: registration, duplicates, listing and history.

A row belongs to one interview. Identical bytes are stored once; a duplicate is reported to
the sender, who may attach it to this interview as well: then a second row references the
same object of the vault. Order of writes: the object is in the vault before
`register_original` adds its row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Action, NotVisible, Refused, Rights
from archive.actions.catalogue import interviews
from archive.actions.holdings.probing import TIMED_GROUPS
from archive.models import ChainHead, Event, Interview, MediaFile, Recording, User
from archive.models.base import utc_now


class AlreadyHere(Refused):
    """Raised if the interview already has the file."""

    code = "already_here"


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """An object of the vault with its metadata, before it has a row.

    `repaired`: the vault held a damaged object with this digest until now.
    `is_verified`: the bytes in the vault were just now compared with the digest.
    """

    filename: str
    sha256: str
    size_bytes: int
    group: str
    media_type: str
    technical: dict[str, Any] = field(default_factory=dict)
    repaired: bool = False
    is_verified: bool = False


@dataclass(frozen=True, kw_only=True)
class Registration:
    """Result of a registration: the new row, or the existing row of a duplicate."""

    file: MediaFile
    is_duplicate: bool


@dataclass(frozen=True, kw_only=True)
class Holding:
    """An original, its recording, and its derivatives by role."""

    original: MediaFile
    recording: Recording | None
    derived: dict[str, MediaFile]

    @property
    def problems(self) -> list[MediaFile]:
        """Return the derivatives that could not be made."""
        return [file for file in self.derived.values() if file.problem]


def register_original(
    db: Session,
    rights: Rights,
    interview: Interview,
    *,
    stored: StoredFile,
    allow_duplicate: bool = False,
) -> Registration:
    """Add the row of an original, and for sound and video the next recording.

    Duplicates get no second row unless `allow_duplicate` is set; within one interview they
    never do.
    """
    access.require(rights, "upload", access.Scope(interview))
    _lock_registration(db)
    duplicates = list(
        db.scalars(
            select(MediaFile)
            .where(MediaFile.sha256 == stored.sha256, MediaFile.role == "original")
            .order_by(MediaFile.id)
        )
    )
    if stored.repaired:
        _record_repair(db, rights, duplicates)
    elif stored.is_verified:
        # Of a missing object, or one that was put back by hand, the last check is outdated.
        failed = [file for file in duplicates if file.check_state not in ("", "ok")]
        _record_repair(db, rights, failed)
    in_interview = next(
        (duplicate for duplicate in duplicates if duplicate.interview_id == interview.id), None
    )
    if in_interview is not None or (duplicates and not allow_duplicate):
        duplicate = in_interview or duplicates[0]
        audit.record(
            db,
            rights.actor,
            "duplicate.found",
            duplicate,
            interview=interview,
            filename=stored.filename,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
        )
        return Registration(file=duplicate, is_duplicate=True)
    return Registration(
        file=_add_original(db, rights, interview, stored), is_duplicate=bool(duplicates)
    )


def interview_for_files(
    db: Session, rights: Rights, accession: str, *, action: Action
) -> Interview:
    """Load an interview for callers that open their own short transactions."""
    interview = interviews.by_accession(db, accession)
    if interview is None:
        raise NotVisible
    access.require(rights, action, access.Scope(interview))
    return interview


def register_again(
    db: Session, rights: Rights, interview: Interview, *, existing: MediaFile
) -> MediaFile:
    """Attach an original of another interview to this one; no bytes are copied."""
    access.require(rights, "upload", access.Scope(interview))
    access.require(rights, "know", access.Scope(db.get_one(Interview, existing.interview_id)))
    stored = StoredFile(
        filename=existing.filename,
        sha256=existing.sha256,
        size_bytes=existing.size_bytes,
        group=existing.group,
        media_type=existing.media_type,
        technical=existing.technical,
    )
    registered = register_original(db, rights, interview, stored=stored, allow_duplicate=True)
    if registered.file.id == existing.id:
        raise AlreadyHere(filename=existing.filename)
    return registered.file


def locate(db: Session, rights: Rights, file_id: str) -> tuple[MediaFile | None, Interview | None]:
    """Return a file and its interview; the interview is None if the actor may not view it."""
    file = db.get(MediaFile, file_id)
    if file is None:
        return None, None
    interview = db.get_one(Interview, file.interview_id)
    return file, interview if access.may(rights, "know", access.Scope(interview)) else None


def list_originals(db: Session, rights: Rights, interview: Interview) -> list[Holding]:
    """Return the originals of an interview: recordings by part, then attachments by arrival."""
    access.require(rights, "know", access.Scope(interview))
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


def holding_of(db: Session, rights: Rights, file: MediaFile) -> Holding:
    """Return one original with its derivatives."""
    interview = db.get_one(Interview, file.interview_id)
    for holding in list_originals(db, rights, interview):
        if holding.original.id == file.id:
            return holding
    raise NotVisible


def receiver_name(db: Session, file: MediaFile) -> str:
    """Return the sender's name; for the command line that of the event."""
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


def file_events(db: Session, rights: Rights, file: MediaFile) -> list[Event]:
    """Return the events of an original and of its derivatives, oldest first."""
    interview = db.get_one(Interview, file.interview_id)
    access.require(rights, "see_files", access.Scope(interview, file))
    derivative_ids = select(MediaFile.id).where(MediaFile.derived_from_id == file.id)
    return list(
        db.scalars(
            select(Event)
            .where(or_(Event.subject_id == file.id, Event.subject_id.in_(derivative_ids)))
            .order_by(Event.number)
        )
    )


def group_digest(digest: str) -> list[str]:
    """Split a digest into groups of four, for comparison with a printed one."""
    return [digest[at : at + 4] for at in range(0, len(digest), 4)]


def _add_original(
    db: Session, rights: Rights, interview: Interview, stored: StoredFile
) -> MediaFile:
    recording = None
    if stored.group in TIMED_GROUPS:
        last = db.scalar(
            select(func.max(Recording.part)).where(Recording.interview_id == interview.id)
        )
        recording = Recording(
            interview_id=interview.id,
            part=(last or 0) + 1,
            is_video=stored.group == "video",
            duration_ms=stored.technical.get("duration_ms"),
            recorded_as_written=str(stored.technical.get("recorded_as_written") or ""),
        )
        db.add(recording)
        db.flush()
    file = MediaFile(
        interview_id=interview.id,
        recording_id=recording.id if recording else None,
        role="original",
        group=stored.group,
        filename=stored.filename,
        media_type=stored.media_type,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        technical=stored.technical,
        received_by_id=rights.actor.user_id or None,
    )
    db.add(file)
    db.flush()
    audit.record(
        db,
        rights.actor,
        "file.received",
        file,
        interview=interview,
        filename=stored.filename,
        size_bytes=stored.size_bytes,
        algorithm="SHA-256",
        digest=stored.sha256,
        format=stored.media_type,
        part=recording.part if recording else 0,
    )
    return file


def _record_repair(db: Session, rights: Rights, originals: list[MediaFile]) -> None:
    for original in originals:
        original.check_state, original.checked_at = "ok", utc_now()
        audit.record(
            db,
            rights.actor,
            "fixity.repaired",
            original,
            interview=db.get_one(Interview, original.interview_id),
            algorithm="SHA-256",
            digest=original.sha256,
        )


def _lock_registration(db: Session) -> None:
    """Serialise registration (lock of the audit chain), so that concurrent duplicates are found."""
    db.get(ChainHead, 1, with_for_update=True)
