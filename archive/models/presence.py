"""Who has a version open at this moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid


class Presence(Base):
    """One row for each person at each version, gone half a minute after the last sign of life.

    It keeps two people from correcting the same words, and nothing else: there is no
    history of it anywhere. `acted_at` is when the person last typed or went elsewhere.
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
