"""Choices that the office makes in the browser."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base


class Setting(Base):
    """The name of the archive, its language, whether it was set up."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
