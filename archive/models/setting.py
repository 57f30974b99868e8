"""Settings that administrators change in the browser."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base


class Setting(Base):
    """A key with its value: site name, language, prefix of accession numbers."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
