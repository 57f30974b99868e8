"""The outbox of the search index: interviews to be indexed again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid, utc_now


class Outbox(Base):
    """An interview whose text, description or audience changed; inserted with the change.

    No foreign key: a deleted interview must be removed from the index too. A number is never
    given again, because a change is acknowledged by it.
    """

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    interview_id: Mapped[str] = mapped_column(Ulid, index=True)
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=utc_now)
