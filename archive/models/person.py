"""People who tell, ask or are told of, and the names they go by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from archive.models.base import Base, Bytewise, Ulid, new_id, utc_now


class Person(Base):
    """One human being. `full_name` is as it is spoken; the parts decide the order in lists.

    `sort_key` is computed by `archive.names` from given, family and middle name, so
    that the database itself can list people as Vietnamese readers expect.
    """

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    full_name: Mapped[str]
    family_name: Mapped[str] = mapped_column(default="")
    middle_name: Mapped[str] = mapped_column(default="")
    given_name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(Bytewise, index=True)
    honorific: Mapped[str] = mapped_column(default="")
    born_as_told: Mapped[str] = mapped_column(default="")
    born_edtf: Mapped[str] = mapped_column(default="")
    native_place: Mapped[str] = mapped_column(default="")
    occupation: Mapped[str] = mapped_column(default="")
    biography: Mapped[str] = mapped_column(default="")
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    other_names: Mapped[list[PersonName]] = relationship(
        back_populates="person", cascade="all, delete-orphan", order_by="PersonName.position"
    )


class PersonName(Base):
    """A name beside the birth name: alias, pen name, the name by birth order."""

    __tablename__ = "person_name"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="common")
    period: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)

    person: Mapped[Person] = relationship(back_populates="other_names")
