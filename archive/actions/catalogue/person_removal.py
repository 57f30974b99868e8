"""Removal of people to whom nothing refers."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.catalogue import people
from archive.models import Base, Person


class PersonInUse(Refused):
    """An interview or an approved version refers to the person, who cannot be removed."""

    code = "person_in_use"


def remove(db: Session, rights: Rights, person: Person, *, opened_fingerprint: str = "") -> None:
    """Remove a person that nothing refers to; raises PersonInUse or PersonChanged."""
    access.require(rights, "manage_people")
    db.refresh(person, with_for_update=True)
    if opened_fingerprint and opened_fingerprint != people.fingerprint(person):
        raise people.PersonChanged
    if is_used(db, person):
        raise PersonInUse
    audit.record(db, rights.actor, "person.removed", person)
    try:
        with db.begin_nested():
            db.delete(person)
            db.flush()
    except IntegrityError:  # a concurrent transaction referred to the person
        raise PersonInUse from None


def is_used(db: Session, person: Person) -> bool:
    """Return whether any row refers to the person, except rows deleted with it."""
    keys = (
        key
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.target_fullname == "person.id" and key.ondelete != "CASCADE"
    )
    uses = (select(key.parent).where(key.parent == person.id).limit(1) for key in keys)
    return any(db.scalar(use) is not None for use in uses)
