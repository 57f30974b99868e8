"""Transcript versions: create, submit, open the next one; `approval` approves them.

A version that a person has edited stays the current one when new machine text is added.
An approved version is immutable; a correction opens the next one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.models import (
    Interview,
    Segment,
    SegmentRevision,
    TranscriptVersion,
)
from archive.models.base import new_id, utc_now
from archive.models.vocabulary import VersionKind, VersionState


class NothingToSubmit(Refused):
    """Raised for unedited machine text, which must not be labelled as corrected."""

    code = "nothing_to_hand_in"


class WrongState(Refused):
    """Raised if `state` does not allow this transition."""

    code = "wrong_state"


class CorrectionAlreadyOpen(Refused):
    """Raised if a correction is already open, as version `number`."""

    code = "correction_open"


def submit(db: Session, rights: Rights, interview: Interview, version: TranscriptVersion) -> None:
    """Submit the version for approval: editing → corrected."""
    access.require(rights, "correct", access.Scope(interview, version))
    if version.state == "machine":
        raise NothingToSubmit
    if version.state != "editing":
        raise WrongState(state=version.state)
    enter_state(version, "corrected")
    audit.record(db, rights.actor, "transcript.submitted", version, interview=interview)


def withdraw(db: Session, rights: Rights, interview: Interview, version: TranscriptVersion) -> None:
    """Withdraw the submission: corrected → editing."""
    access.require(rights, "correct", access.Scope(interview, version))
    if version.state != "corrected":
        raise WrongState(state=version.state)
    enter_state(version, "editing")
    audit.record(db, rights.actor, "transcript.withdrawn", version, interview=interview)


def open_next(
    db: Session, rights: Rights, interview: Interview, version: TranscriptVersion, *, reason: str
) -> TranscriptVersion:
    """Create the next version as a copy of an approved one.

    The approved version stays current until the new one is approved.
    """
    access.require(rights, "approve", access.Scope(interview, version))
    if version.state != "approved":
        raise WrongState(state=version.state)
    db.refresh(interview, with_for_update=True)
    open_number = db.scalar(
        select(TranscriptVersion.number).where(
            TranscriptVersion.based_on_id == version.id, TranscriptVersion.state != "approved"
        )
    )
    if open_number is not None:
        raise CorrectionAlreadyOpen(number=open_number)
    following = new_version(
        db, rights, interview, language=version.language, kind="corrected", state="editing"
    )
    following.is_current = False
    following.based_on_id, following.note = version.id, reason.strip()
    following.engine, following.model = version.engine, version.model
    following.model_sha256, following.options = version.model_sha256, version.options
    copies = [
        Segment(
            id=new_id(),
            version_id=following.id,
            revision=1,
            position=old.position,
            recording_id=old.recording_id,
            start_ms=old.start_ms,
            end_ms=old.end_ms,
            contribution_id=old.contribution_id,
            speaker_label=old.speaker_label,
            text=old.text,
            words=old.words,
            state=old.state,
            flags=old.flags,
            updated_by_id=rights.actor.user_id or None,
        )
        for old in version.segments
    ]
    add_segments(db, following, copies)
    audit.record(
        db,
        rights.actor,
        "transcript.opened",
        following,
        interview=interview,
        number=following.number,
        based_on=version.id,
        reason=reason.strip(),
    )
    return following


def list_versions(db: Session, interview: Interview) -> list[TranscriptVersion]:
    """Return all versions, the newest first; the caller checks who may read them."""
    return list(
        db.scalars(
            select(TranscriptVersion)
            .where(TranscriptVersion.interview_id == interview.id)
            .order_by(TranscriptVersion.number.desc())
        )
    )


def current_version(db: Session, interview: Interview) -> TranscriptVersion | None:
    """Return the version that readers are shown by default."""
    return next((v for v in list_versions(db, interview) if v.is_current), None)


def add_revision(
    db: Session, segment: Segment, *, kind: str, operation: str = "", reason: str = ""
) -> None:
    """Append the present state of the segment to its revision history."""
    db.add(
        SegmentRevision(
            segment_id=segment.id,
            version_id=segment.version_id,
            revision=segment.revision,
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            contribution_id=segment.contribution_id,
            speaker_label=segment.speaker_label,
            text=segment.text,
            words=segment.words,
            state=segment.state,
            flags=segment.flags,
            kind=kind,
            operation=operation,
            reason=reason,
            author_id=segment.updated_by_id,
        )
    )


def new_version(
    db: Session,
    rights: Rights,
    interview: Interview,
    *,
    language: str,
    kind: VersionKind,
    state: VersionState,
) -> TranscriptVersion:
    """Add an empty version; it becomes the current one unless a version that people edited is."""
    db.refresh(interview, with_for_update=True)  # lock: numbers are unique
    highest = db.scalar(
        select(func.max(TranscriptVersion.number)).where(
            TranscriptVersion.interview_id == interview.id
        )
    )
    before = current_version(db, interview)
    version = TranscriptVersion(
        id=new_id(),
        interview_id=interview.id,
        number=(highest or 0) + 1,
        language=language,
        kind=kind,
        state=state,
        is_current=False,
        author_id=rights.actor.user_id or None,
    )
    db.add(version)
    db.flush()
    if before is None or before.state == "machine":
        make_current(db, version)
    return version


def make_current(db: Session, version: TranscriptVersion) -> None:
    """Make this the version that readers are shown by default."""
    db.execute(
        update(TranscriptVersion)
        .where(
            TranscriptVersion.interview_id == version.interview_id,
            TranscriptVersion.id != version.id,
        )
        .values(is_current=False)
    )
    version.is_current = True
    db.flush()


def enter_state(version: TranscriptVersion, state: VersionState) -> None:
    """Set the state, as a change of the version; the caller checks that it may follow."""
    version.state = state
    version.revision += 1
    version.updated_at = utc_now()


def add_segments(db: Session, version: TranscriptVersion, segments: Sequence[Segment]) -> None:
    """Add segments with their first revisions."""
    db.add_all(segments)
    db.flush()  # revisions reference their segments
    for segment in segments:
        add_revision(db, segment, kind="made")
    db.flush()
    db.expire(version, ["segments"])
