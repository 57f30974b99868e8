"""Machine transcription in progress: runs and their chunks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid, new_id, utc_now
from archive.models.vocabulary import ChunkKind, ChunkState


class TranscriptionRun(Base):
    """The transcription of one recording by one model.

    `identity` is the SHA-256 over file, engine, model, options and planner; a killed job
    resumes only a run with the same identity.
    """

    __tablename__ = "transcription_run"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(
        ForeignKey("interview.id", ondelete="CASCADE"), index=True
    )
    recording_id: Mapped[str] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), index=True
    )
    job_id: Mapped[str] = mapped_column(Ulid, index=True)
    identity: Mapped[str] = mapped_column(index=True)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    speech_ms: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]


class TranscriptionChunk(Base):
    """A planned time span of a run; its segments are stored when it is marked as done."""

    __tablename__ = "transcription_chunk"
    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    run_id: Mapped[str] = mapped_column(
        ForeignKey("transcription_run.id", ondelete="CASCADE"), index=True
    )
    number: Mapped[int]
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    kind: Mapped[ChunkKind] = mapped_column(default="speech")
    state: Mapped[ChunkState] = mapped_column(default="planned")
    attempts: Mapped[int] = mapped_column(default=0)
    took_ms: Mapped[int] = mapped_column(default=0)
    segments: Mapped[list[Any]] = mapped_column(default=list)
