"""Merge two records of one person, and undo it.

The merged record is kept as it was; its contributions lead to the kept one. Open transcripts
then have the kept name, approved ones the name as approved.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.catalogue import people
from archive.models import Contribution, Interview, Person, PersonMerge
from archive.models.base import utc_now


class MergeRefused(Refused):
    """The two records are one, one of them is merged already, or only one is invented."""

    code = "merge_refused"


class MergeNotUndoable(Refused):
    """The merge was undone already, or the kept record was merged itself since."""

    code = "merge_not_undoable"


def merge(
    db: Session,
    rights: Rights,
    merged: Person,
    kept: Person,
    *,
    opened_fingerprints: Iterable[str] = (),
) -> PersonMerge:
    """Merge a record into another one; raises MergeRefused, or PersonChanged for outdated ones."""
    access.require(rights, "manage_people")
    _lock(db, merged, kept)
    opened = set(opened_fingerprints)
    if opened and opened != {people.fingerprint(merged), people.fingerprint(kept)}:
        raise people.PersonChanged
    is_merged = merged.merged_into_id is not None or kept.merged_into_id is not None
    if merged.id == kept.id or is_merged or merged.is_sample != kept.is_sample:
        raise MergeRefused
    moved = _contributions(db, merged)
    listed = {_key(c) for c in _contributions(db, kept) if _is_listed(c)}
    unlisted = [c for c in moved if _is_listed(c) and _key(c) in listed]
    for contribution in moved:
        contribution.person = kept
    for contribution in unlisted:
        contribution.removed_at = utc_now()
    merged.merged_into_id = kept.id
    found = PersonMerge(
        from_id=merged.id,
        into_id=kept.id,
        moved=[c.id for c in moved],
        unlisted=[c.id for c in unlisted],
    )
    db.add(found)
    _outdate_forms(db, moved)
    audit.record(db, rights.actor, "person.merged", kept, merged=merged.id)
    return found


def undo_merge(db: Session, rights: Rights, found: PersonMerge) -> None:
    """Give a merged record its contributions back; raises MergeNotUndoable.

    A contribution that another person has taken over since stays with that person.
    """
    access.require(rights, "manage_people")
    db.refresh(found, with_for_update=True)
    kept = db.get_one(Person, found.into_id)
    merged = db.get_one(Person, found.from_id)
    _lock(db, merged, kept)
    if found.undone_at is not None or kept.merged_into_id is not None:
        raise MergeNotUndoable
    of_kept = _contributions(db, kept)
    returned = [c for c in of_kept if c.id in found.moved]
    # Where the description no longer lists the kept person either, it stays so.
    listed = {_key(c) for c in of_kept if _is_listed(c)}
    for contribution in returned:
        contribution.person = merged
        if contribution.id in found.unlisted and _key(contribution) in listed:
            contribution.removed_at = None
    merged.merged_into_id, found.undone_at = None, utc_now()
    _outdate_forms(db, returned)
    audit.record(db, rights.actor, "person.merge_undone", kept, merged=merged.id)


def merges_into(db: Session, rights: Rights, person: Person) -> list[PersonMerge]:
    """Return the merges into a record that hold, the newest first."""
    access.require(rights, "manage_people")
    query = select(PersonMerge).where(
        PersonMerge.into_id == person.id, PersonMerge.undone_at.is_(None)
    )
    return list(db.scalars(query.order_by(PersonMerge.merged_at.desc(), PersonMerge.id)))


def _lock(db: Session, *persons: Person) -> None:
    for person in sorted(persons, key=lambda one: one.id):
        db.refresh(person, with_for_update=True)


def _contributions(db: Session, person: Person) -> list[Contribution]:
    query = select(Contribution).where(Contribution.person_id == person.id)
    return list(db.scalars(query.order_by(Contribution.id)))


def _key(contribution: Contribution) -> tuple[str, str]:
    return contribution.interview_id, contribution.role


def _is_listed(contribution: Contribution) -> bool:
    return contribution.removed_at is None


def _outdate_forms(db: Session, contributions: Iterable[Contribution]) -> None:
    """Let forms that were opened before notice the change of their people."""
    ids = sorted({contribution.interview_id for contribution in contributions})
    db.flush()
    db.execute(
        update(Interview)
        .where(Interview.id.in_(ids))
        .values(revision=Interview.revision + 1)
        .execution_options(synchronize_session="fetch")
    )
