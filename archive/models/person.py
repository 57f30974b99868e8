"""People (witnesses, interviewers and others) and their names."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from archive.models.base import Base, Bytewise, Ulid, new_id, utc_now
from archive.models.vocabulary import NameKind


class Person(Base):
    """A person. `full_name` is the displayed name; its parts decide the sort order.

    `sort_key` is computed by `archive.text.vietnamese_names` from given, family and middle name, so
    that the database can sort people in Vietnamese order. A record that was merged into another
    one is kept: its address leads on, and the merge can be undone.
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
    merged_into_id: Mapped[str | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), index=True
    )

    other_names: Mapped[list[PersonName]] = relationship(
        back_populates="person", cascade="all, delete-orphan", order_by="PersonName.position"
    )


class PersonName(Base):
    """A name besides the birth name: alias, pseudonym, name by birth order."""

    __tablename__ = "person_name"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    kind: Mapped[NameKind] = mapped_column(default="common")
    period: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)

    person: Mapped[Person] = relationship(back_populates="other_names")


class PersonMerge(Base):
    """A merge of one record into another: what it changed, so that it can be undone.

    `moved` are the contributions that now lead to the kept record, `unlisted` those of them that
    left the description, because the kept person had the same role in the interview.
    """

    __tablename__ = "person_merge"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    from_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    into_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    moved: Mapped[list[str]] = mapped_column(default=list)
    unlisted: Mapped[list[str]] = mapped_column(default=list)
    merged_at: Mapped[datetime] = mapped_column(default=utc_now)
    undone_at: Mapped[datetime | None]

    merged: Mapped[Person] = relationship(foreign_keys=[from_id])
