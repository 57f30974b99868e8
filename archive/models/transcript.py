"""Transcript versions, their segments and the revisions of segments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from archive.models.base import Base, Bytewise, Ulid, new_id, utc_now
from archive.models.person import Person
from archive.models.vocabulary import (
    ContributionRole,
    RevisionKind,
    SegmentState,
    VersionKind,
    VersionState,
)


class TranscriptVersion(Base):
    """The text of an interview. Immutable once approved: a correction is a new version.

    `revision` counts every change of any segment, so that editors can poll for changes.
    `engine`, `model`, `model_sha256` and `options` are the provenance of the words;
    `options["roles"]` holds the roles (interviewer, witness) of speakers without a record,
    as found in the imported file. `is_current` marks the version that readers see.
    `approval_reason` is why it was approved although it lacked something.
    """

    __tablename__ = "transcript_version"
    __table_args__ = (UniqueConstraint("interview_id", "number"),)

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(
        ForeignKey("interview.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int]
    language: Mapped[str]
    kind: Mapped[VersionKind] = mapped_column(default="machine")
    state: Mapped[VersionState] = mapped_column(default="machine")
    is_current: Mapped[bool] = mapped_column(default=True)
    based_on_id: Mapped[str | None] = mapped_column(ForeignKey("transcript_version.id"))
    revision: Mapped[int] = mapped_column(default=1)
    engine: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(default="")
    model_sha256: Mapped[str] = mapped_column(default="")
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    note: Mapped[str] = mapped_column(default="")
    author_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    approval_reason: Mapped[str] = mapped_column(default="")

    segments: Mapped[list[Segment]] = relationship(
        order_by="Segment.position, Segment.id",
        viewonly=True,  # a segment removed from this list must not be deleted
        primaryjoin="and_(Segment.version_id == TranscriptVersion.id, Segment.ended_at.is_(None))",
    )
    approved_speakers: Mapped[list[ApprovedSpeaker]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )


class ApprovedSpeaker(Base):
    """Name and role of a contribution when a version was approved; never changed afterwards.

    `person_id` is the person who was approved; the contribution may lead to another one today.
    """

    __tablename__ = "approved_speaker"

    version_id: Mapped[str] = mapped_column(
        ForeignKey("transcript_version.id", ondelete="CASCADE"), primary_key=True
    )
    contribution_id: Mapped[str] = mapped_column(
        ForeignKey("contribution.id", ondelete="RESTRICT"), primary_key=True, index=True
    )
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    full_name: Mapped[str]
    given_name: Mapped[str]
    honorific: Mapped[str] = mapped_column(default="")
    speaker_label: Mapped[str] = mapped_column(default="")
    role: Mapped[ContributionRole]

    person: Mapped[Person] = relationship()


class Segment(Base):
    """One speaker, 5–25 s: the unit of editing.

    `position` is a fractional index, so that an insert changes one row. `words` is a
    list of [start_ms, end_ms, text, confidence, source]. A split or merged segment is not
    deleted: `ended_at` is set, and it refers to its replacement.
    """

    __tablename__ = "segment"
    __table_args__ = (Index("ix_segment_reading", "version_id", "position"),)

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    version_id: Mapped[str] = mapped_column(
        ForeignKey("transcript_version.id", ondelete="CASCADE"), index=True
    )
    # RESTRICT: deleting another row must not delete words or speakers.
    recording_id: Mapped[str | None] = mapped_column(
        ForeignKey("recording.id", ondelete="RESTRICT"), index=True
    )
    position: Mapped[str] = mapped_column(Bytewise)
    revision: Mapped[int] = mapped_column(default=1)
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    contribution_id: Mapped[str | None] = mapped_column(
        ForeignKey("contribution.id", ondelete="RESTRICT")
    )
    speaker_label: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    words: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[SegmentState] = mapped_column(default="machine")
    flags: Mapped[list[str]] = mapped_column(default=list)
    changed_in: Mapped[int] = mapped_column(default=1)
    updated_by_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    replaced_by: Mapped[list[str]] = mapped_column(default=list)

    version: Mapped[TranscriptVersion] = relationship(viewonly=True)


class SegmentRevision(Base):
    """A saved state of a segment. Append-only: history, undo and merge base."""

    __tablename__ = "segment_revision"
    __table_args__ = (UniqueConstraint("segment_id", "revision"),)

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    segment_id: Mapped[str] = mapped_column(ForeignKey("segment.id", ondelete="CASCADE"))
    version_id: Mapped[str] = mapped_column(
        ForeignKey("transcript_version.id", ondelete="CASCADE"), index=True
    )
    revision: Mapped[int]
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    contribution_id: Mapped[str | None] = mapped_column(
        ForeignKey("contribution.id", ondelete="RESTRICT")
    )
    speaker_label: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    words: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[SegmentState]
    flags: Mapped[list[str]] = mapped_column(default=list)
    kind: Mapped[RevisionKind] = mapped_column(default="edit")
    operation: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    author_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)

    # Unused attribute; gives SQLAlchemy the flush order segment → revision.
    _segment: Mapped[Segment] = relationship()


class SegmentDraft(Base):
    """A submitted text that could not be merged, stored until an editor resolves it."""

    __tablename__ = "segment_draft"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    segment_id: Mapped[str] = mapped_column(
        ForeignKey("segment.id", ondelete="CASCADE"), index=True
    )
    based_on_revision: Mapped[int]
    text: Mapped[str]
    author_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)


class SavedOperation(Base):
    """The stored response of an idempotency key, returned for a repeated request."""

    __tablename__ = "saved_operation"

    key: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    body_sha256: Mapped[str]
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
