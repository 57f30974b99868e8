"""Collections: look up by code, list, create."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.models import Collection
from archive.text import text_input

LONGEST_CODE = 40
LONGEST_COLLECTION_TITLE = 300
_CODE = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")


class CollectionUnknown(Refused):
    """There is no collection with the code `collection`."""

    code = "collection_unknown"


class CollectionRefused(Refused):
    """`collection` is not a code that can be used in links."""

    code = "collection_refused"


class CollectionTaken(Refused):
    """Another collection has this code, ignoring case."""

    code = "collection_taken"


class CollectionTitleMissing(Refused):
    """A collection needs a title in addition to its code."""

    code = "collection_title_missing"


def add(
    db: Session,
    rights: Rights,
    *,
    code: str,
    title: str,
    summary: str = "",
    is_sample: bool = False,
) -> Collection:
    """Create a collection."""
    access.require(rights, "create")
    code, title = code.strip(), text_input.single_line(title)[:LONGEST_COLLECTION_TITLE]
    if len(code) > LONGEST_CODE or not _CODE.fullmatch(code):
        raise CollectionRefused(collection=text_input.single_line(code)[:LONGEST_CODE])
    if not title:
        raise CollectionTitleMissing
    if by_code(db, code) is not None:
        raise CollectionTaken(collection=code)
    collection = Collection(
        code=code, title=title, summary=text_input.multi_line(summary), is_sample=is_sample
    )
    try:
        with db.begin_nested():
            db.add(collection)
    except IntegrityError:  # a concurrent transaction inserted the same code
        raise CollectionTaken(collection=code) from None
    audit.record(db, rights.actor, "collection.created", collection, code=code)
    return collection


def by_code(db: Session, code: str) -> Collection | None:
    """Return the collection with this code, ignoring case."""
    return db.scalar(select(Collection).where(func.lower(Collection.code) == code.strip().lower()))


def by_optional_code(db: Session, code: str) -> Collection | None:
    """Return the collection with this code, None for an empty code; raises CollectionUnknown."""
    if not code.strip():
        return None
    found = by_code(db, code)
    if found is None:
        raise CollectionUnknown(collection=text_input.single_line(code)[:LONGEST_CODE])
    return found


def titles_by_code(db: Session, codes: Iterable[str]) -> dict[str, str]:
    """Return the titles of collections by code; the caller has checked that they are visible."""
    named = select(Collection.code, Collection.title).where(Collection.code.in_(sorted(codes)))
    return {code: title for code, title in db.execute(named)}


def list_collections(db: Session, *, is_sample: bool) -> list[Collection]:
    """Return all real or all sample collections by title, for the interview form."""
    found = select(Collection).where(Collection.is_sample.is_(is_sample))
    return list(db.scalars(found.order_by(Collection.title, Collection.code)))
