"""What people have noted along the time of a recording."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid, new_id, utc_now


class Annotation(Base):
    """Anchored to time, so it survives new versions of the text.

    Kind `index_point`: an entry of the contents, as OHMS has them (title, synopsis).
    """

    __tablename__ = "annotation"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(
        ForeignKey("interview.id", ondelete="CASCADE"), index=True
    )
    recording_id: Mapped[str | None] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(default="index_point")
    start_ms: Mapped[int]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    author_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
