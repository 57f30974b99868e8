"""The history of a thing: its events, the newest first, page by page.

Corrections of a transcript that follow each other are one entry: there are thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.models import Event, Interview, Person, User

ENTRIES_PER_PAGE = 50
MOST_EVENTS_READ = 5000
# What is done for every file as a matter of course stands on its receipt.
_ROUTINE = ("file.derived", "fixity.checked")
_OF_OFFICE = ("archive", "clock", "office", "sample")


@dataclass(kw_only=True)
class EventEntry:
    """An event, or the newest of `count` corrections by one account since `since`."""

    event: Event
    count: int = 1
    since: datetime


@dataclass(frozen=True, kw_only=True)
class EventHistory:
    """Entries, the newest first. `older` is the event number that ends this page, or None."""

    entries: list[EventEntry]
    older: int | None


def interview_events(
    db: Session,
    rights: Rights,
    interview: Interview,
    *,
    before: int | None = None,
    most: int = ENTRIES_PER_PAGE,
    with_corrections: bool = True,
) -> EventHistory:
    """Return the history of an interview, with its texts, contents, files and jobs.

    Without corrections few rows are read: a text has thousands of them.
    """
    access.require(rights, "see_history", access.Scope(interview))
    condition = Event.interview_id == interview.id
    condition &= or_(Event.kind.not_in(_ROUTINE), Event.outcome == "failure")
    if not with_corrections:
        condition &= Event.kind != "transcript.edited"
    return _load(db, condition, before, most)


def person_events(
    db: Session,
    rights: Rights,
    person: Person,
    *,
    before: int | None = None,
    most: int = ENTRIES_PER_PAGE,
) -> EventHistory:
    """Return the history of the record of a person, with those that were merged into it."""
    access.require(rights, "manage_people")
    merged = db.scalars(select(Person.id).where(Person.merged_into_id == person.id))
    return _load(db, Event.subject_id.in_([person.id, *merged]), before, most)


def account_events(
    db: Session,
    rights: Rights,
    user: User,
    *,
    before: int | None = None,
    most: int = ENTRIES_PER_PAGE,
) -> EventHistory:
    """Return the history of an account: what was done to it, not what it did."""
    access.require(rights, "manage_accounts")
    return _load(db, Event.subject_id == user.id, before, most)


def office_events(
    db: Session, rights: Rights, *, before: int | None = None, most: int = ENTRIES_PER_PAGE
) -> EventHistory:
    """Return the history of the archive as a whole: settings, backups, clock, sample.

    With the removal of records, whose own pages are gone.
    """
    access.require(rights, "manage_office")
    of_office = (Event.kind.startswith(f"{topic}.") for topic in _OF_OFFICE)
    kinds = or_(Event.kind == "person.removed", *of_office)
    return _load(db, kinds, before, most)


def _load(
    db: Session, condition: ColumnElement[bool], before: int | None, most: int
) -> EventHistory:
    query = select(Event).where(condition)
    if before is not None:
        query = query.where(Event.number < before)
    query = query.order_by(Event.number.desc()).limit(MOST_EVENTS_READ)
    entries: list[EventEntry] = []
    read = 0
    with db.scalars(query.execution_options(yield_per=200)) as events:
        for event in events:
            if entries and _continues(entries[-1].event, event):
                entries[-1].count += 1
                entries[-1].since = event.at
            elif len(entries) == most:
                return EventHistory(entries=entries, older=event.number + 1)
            else:
                entries.append(EventEntry(event=event, since=event.at))
            read += 1
            last = event.number
    return EventHistory(entries=entries, older=last if read == MOST_EVENTS_READ else None)


def _continues(newer: Event, older: Event) -> bool:
    keys = [
        (e.kind, e.actor_id, e.actor_name, e.subject_id, "how" in e.detail) for e in (newer, older)
    ]
    return newer.kind == "transcript.edited" and keys[0] == keys[1]
