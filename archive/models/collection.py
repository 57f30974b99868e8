"""Collections of interviews."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid, new_id, utc_now


class Collection(Base):
    """A named arrangement of interviews; `code` is short and used in links and commands."""

    __tablename__ = "collection"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str] = mapped_column(default="")
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
