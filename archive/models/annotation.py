"""Annotations: notes at a time in a recording."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid, new_id, utc_now
from archive.models.vocabulary import AnnotationKind


class Annotation(Base):
    """A note anchored to time, so that it is independent of transcript versions.

    Kind `index_point`: title and synopsis as in OHMS, without `end_ms`. Kind `redaction`: the
    words from `start_ms` to `end_ms` are given to no reader.
    """

    __tablename__ = "annotation"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(
        ForeignKey("interview.id", ondelete="CASCADE"), index=True
    )
    recording_id: Mapped[str | None] = mapped_column(ForeignKey("recording.id"))
    kind: Mapped[AnnotationKind] = mapped_column(default="index_point")
    start_ms: Mapped[int]
    end_ms: Mapped[int | None]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    author_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
