"""Places, each with the period in which it existed."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid, new_id


class Place(Base):
    """A unit in one period: numbers and names are reused, so "Quận 2" is several places.

    `valid_from` and `valid_to` are EDTF; an empty end means that the unit exists today.
    """

    __tablename__ = "place"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    other_names: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[str] = mapped_column(default="")
    valid_to: Mapped[str] = mapped_column(default="")
    within_id: Mapped[str | None] = mapped_column(ForeignKey("place.id"), index=True)
    note: Mapped[str] = mapped_column(default="")
    is_sample: Mapped[bool] = mapped_column(default=False)


class PlaceSuccession(Base):
    """A predecessor and a successor, whole or in part: Quận 2 and thành phố Thủ Đức."""

    __tablename__ = "place_succession"

    before_id: Mapped[str] = mapped_column(
        ForeignKey("place.id", ondelete="CASCADE"), primary_key=True
    )
    after_id: Mapped[str] = mapped_column(
        ForeignKey("place.id", ondelete="CASCADE"), primary_key=True, index=True
    )
