"""Collections: choosing one by its code, opening another."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Actor, Refused
from archive.actions import typed
from archive.models import Collection

LONGEST_CODE = 40
LONGEST_TITLE = 300
_CODE = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")


class CollectionUnknown(Refused):
    """There is no collection of this `collection` code."""

    code = "collection_unknown"


class CollectionRefused(Refused):
    """`collection` is no code that can stand in links."""

    code = "collection_refused"


class CollectionTaken(Refused):
    """Another collection has this code, perhaps in other case."""

    code = "collection_taken"


class CollectionTitleMissing(Refused):
    """A collection needs a title besides its code."""

    code = "collection_title_missing"


def add(
    db: Session, actor: Actor, *, code: str, title: str, summary: str = "", is_sample: bool = False
) -> Collection:
    """Open a collection."""
    access.require(actor, "create")
    code, title = code.strip(), typed.line(title)[:LONGEST_TITLE]
    if len(code) > LONGEST_CODE or not _CODE.fullmatch(code):
        raise CollectionRefused(collection=typed.line(code)[:LONGEST_CODE])
    if not title:
        raise CollectionTitleMissing
    if by_code(db, code) is not None:
        raise CollectionTaken(collection=code)
    collection = Collection(
        code=code, title=title, summary=typed.paragraphs(summary), is_sample=is_sample
    )
    try:
        with db.begin_nested():
            db.add(collection)
    except IntegrityError:  # somebody else took the code in this moment
        raise CollectionTaken(collection=code) from None
    audit.record(db, actor, "collection.created", collection, code=code)
    return collection


def by_code(db: Session, code: str) -> Collection | None:
    """The collection of this code, whatever its case."""
    return db.scalar(select(Collection).where(func.lower(Collection.code) == code.strip().lower()))


def chosen(db: Session, code: str) -> Collection | None:
    """The collection that a form or command names; None for an empty code."""
    if not code.strip():
        return None
    found = by_code(db, code)
    if found is None:
        raise CollectionUnknown(collection=typed.line(code)[:LONGEST_CODE])
    return found


def titles(db: Session, codes: Iterable[str]) -> dict[str, str]:
    """The titles of these collections by code: whoever asks has counted them for the reader."""
    named = select(Collection.code, Collection.title).where(Collection.code.in_(sorted(codes)))
    return {code: title for code, title in db.execute(named)}


def listed(db: Session, *, is_sample: bool) -> list[Collection]:
    """Every real collection, or every invented one, by title: for whoever describes interviews."""
    found = select(Collection).where(Collection.is_sample.is_(is_sample))
    return list(db.scalars(found.order_by(Collection.title, Collection.code)))
