"""Presence of users in the editor."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid


class Presence(Base):
    """One row per user and version, deleted half a minute after the last ping.

    It warns two users who correct the same segment; no history is kept. `acted_at` is
    when the user last typed or moved to another segment.
    """

    __tablename__ = "presence"

    version_id: Mapped[str] = mapped_column(
        ForeignKey("transcript_version.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    segment_id: Mapped[str | None] = mapped_column(Ulid)
    is_typing: Mapped[bool] = mapped_column(default=False)
    acted_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
