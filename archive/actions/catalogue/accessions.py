"""Accession numbers: the identifier of an interview in links, on boxes and in citations.

Their characters need no quoting in URLs, and two numbers may not differ in case only.
"""

from __future__ import annotations

import re

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access import Refused
from archive.models import Interview, Setting
from archive.text import text_input

LONGEST_ACCESSION = 40
LONGEST_PREFIX = 20
DEFAULT_PREFIX = "LK"
PREFIX_SETTING = "accession_prefix"
"""Key of the setting with the prefix of generated numbers."""

_PATTERN = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
# Path segments of routes that stand where an accession number would.
_RESERVED = frozenset({"new", "date"})


class AccessionRefused(Refused):
    """`accession` needs quoting in a URL, is too long, or is a reserved word."""

    code = "accession_refused"


class AccessionTaken(Refused):
    """Another interview has this number, ignoring case."""

    code = "accession_taken"


class PrefixRefused(Refused):
    """`prefix` needs quoting in a URL, or has more than `longest` characters."""

    code = "prefix_refused"


def prefix(db: Session) -> str:
    """Return the prefix of generated accession numbers."""
    row = db.get(Setting, PREFIX_SETTING)
    return row.value if row is not None else DEFAULT_PREFIX


def validate_prefix(text: str) -> str:
    """Return the prefix as it will be stored; raises PrefixRefused."""
    text = text.strip()
    if len(text) > LONGEST_PREFIX or not _PATTERN.fullmatch(text):
        raise PrefixRefused(
            prefix=text_input.single_line(text)[:LONGEST_PREFIX], longest=LONGEST_PREFIX
        )
    return text


def next_free(db: Session, year: int) -> str:
    """Return the next unused number of a year: prefix, year, counter (`LK-2026-041`)."""
    stem = f"{prefix(db)}-{year}-"
    taken = db.scalars(
        select(Interview.accession).where(
            func.lower(Interview.accession).startswith(stem.lower(), autoescape=True)
        )
    )
    numbers = [int(tail) for a in taken if (tail := a[len(stem) :]).isascii() and tail.isdigit()]
    return f"{stem}{max(numbers, default=0) + 1:03d}"


def require_free(db: Session, accession: str, *, except_for: Interview | None = None) -> str:
    """Return the number as it will be stored; raises AccessionRefused or AccessionTaken."""
    accession = accession.strip()
    if (
        len(accession) > LONGEST_ACCESSION
        or not _PATTERN.fullmatch(accession)
        or accession.lower() in _RESERVED
    ):
        raise AccessionRefused(accession=text_input.single_line(accession)[:LONGEST_ACCESSION])
    taken = db.scalar(
        select(Interview.id).where(func.lower(Interview.accession) == accession.lower())
    )
    if taken is not None and (except_for is None or taken != except_for.id):
        raise AccessionTaken(accession=accession)
    return accession
