"""Names of people as a reader may have them: the gate for names, as `rendition` is for words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import InstrumentedAttribute

from archive.access import Rights
from archive.models import Person


@dataclass(frozen=True)
class DisplayName:
    """`full` is "Nguyễn Thị Mười", `titled` "Bà Nguyễn Thị Mười", `short` "Bà Mười"."""

    full: str
    titled: str
    short: str


def names_for(rights: Rights, people: Iterable[Person]) -> dict[str, DisplayName]:
    """Return the names of people by their ids. Today every reader has the same names."""
    return {person.id: _display_name(person) for person in people}


def name_for(rights: Rights, person: Person) -> DisplayName:
    """Return the name of one person."""
    return names_for(rights, [person])[person.id]


def other_names_for(rights: Rights, person: Person) -> list[str]:
    """Return the names that a person also goes by; loads them."""
    return [name.name for name in person.other_names]


def full_name_column(rights: Rights) -> InstrumentedAttribute[str]:
    """Return the column of the full name, for queries that list many people."""
    return Person.full_name


def _display_name(person: Person) -> DisplayName:
    title = f"{person.honorific} " if person.honorific else ""
    return DisplayName(
        full=person.full_name,
        titled=f"{title}{person.full_name}",
        short=f"{title}{person.given_name}",
    )
