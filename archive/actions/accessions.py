"""Accession numbers: the name of an interview in every link, on every box and in citations.

They are made of signs that need no quoting, and two may not differ in case only.
"""

from __future__ import annotations

import re

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access import Refused
from archive.actions import typed
from archive.models import Interview, Setting

LONGEST = 40
LONGEST_PREFIX = 20
DEFAULT_PREFIX = "LK"
PREFIX = "accession_prefix"
"""The choice of the office that holds the letters its numbers begin with."""

_SIGNS = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
# Words that stand where an accession number stands in an address.
_RESERVED = frozenset({"new", "date"})


class AccessionRefused(Refused):
    """`accession` would need quoting in a link, is too long, or is a word of ours."""

    code = "accession_refused"


class AccessionTaken(Refused):
    """Another interview has this number, perhaps in other case."""

    code = "accession_taken"


class PrefixRefused(Refused):
    """`prefix` would make numbers that need quoting, or has more than `longest` signs."""

    code = "prefix_refused"


def prefix(db: Session) -> str:
    """What the numbers begin with that are given by the archive."""
    row = db.get(Setting, PREFIX)
    return row.value if row is not None else DEFAULT_PREFIX


def checked_prefix(told: str) -> str:
    """The letters as they will be kept; raises PrefixRefused."""
    told = told.strip()
    if len(told) > LONGEST_PREFIX or not _SIGNS.fullmatch(told):
        raise PrefixRefused(prefix=typed.line(told)[:LONGEST_PREFIX], longest=LONGEST_PREFIX)
    return told


def next_free(db: Session, year: int) -> str:
    """`LK-2026-041`: the office's letters, the year, the next number of that year."""
    stem = f"{prefix(db)}-{year}-"
    taken = db.scalars(
        select(Interview.accession).where(
            func.lower(Interview.accession).startswith(stem.lower(), autoescape=True)
        )
    )
    numbers = [int(tail) for a in taken if (tail := a[len(stem) :]).isascii() and tail.isdigit()]
    return f"{stem}{max(numbers, default=0) + 1:03d}"


def free(db: Session, accession: str, *, but_for: Interview | None = None) -> str:
    """The number as it will be kept; raises AccessionRefused or AccessionTaken."""
    accession = accession.strip()
    if (
        len(accession) > LONGEST
        or not _SIGNS.fullmatch(accession)
        or accession.lower() in _RESERVED
    ):
        raise AccessionRefused(accession=typed.line(accession)[:LONGEST])
    taken = db.scalar(
        select(Interview.id).where(func.lower(Interview.accession) == accession.lower())
    )
    if taken is not None and (but_for is None or taken != but_for.id):
        raise AccessionTaken(accession=accession)
    return accession
