"""Accession numbers: the identifier of an interview in links, on boxes and in citations.

Their characters need no quoting in URLs, and two numbers may not differ in case only. A number
that an interview had before leads to it for ever, and is not given to another one.
"""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from archive.access import Refused
from archive.models import AccessionNumber, Interview, Setting
from archive.text import text_input

LONGEST_ACCESSION = 40
LONGEST_PREFIX = 20
DEFAULT_PREFIX = "LK"
PREFIX_SETTING = "accession_prefix"
"""Key of the setting with the prefix of generated numbers."""

_PATTERN = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_DASHES = re.compile("[\u2010-\u2015\u2212]")  # that word processors put for a hyphen
# Path segments of routes that stand where an accession number would.
_RESERVED = frozenset({"new", "date"})


class AccessionRefused(Refused):
    """`accession` needs quoting in a URL, is too long, or is a reserved word."""

    code = "accession_refused"


class AccessionTaken(Refused):
    """Another interview has or had this number, ignoring case."""

    code = "accession_taken"


class PrefixRefused(Refused):
    """`prefix` needs quoting in a URL, or has more than `longest` characters."""

    code = "prefix_refused"


def fold_number(number: str) -> str:
    """Return what is compared of a number: NFKC, without case and outer spaces.

    >>> fold_number(" ＬＫ–1 ")
    'lk-1'
    """
    return _DASHES.sub("-", unicodedata.normalize("NFKC", number)).strip().lower()


def with_number(db: Session, number: str) -> Interview | None:
    """Return the interview that has or had this number; the caller checks permission."""
    found = db.scalar(select(Interview).where(Interview.accession == number))
    key = fold_number(number)
    if found is None:
        found = db.scalars(
            select(Interview)
            .where(func.lower(Interview.accession) == key)
            .order_by(Interview.created_at)
        ).first()
    if found is None:
        found = db.scalar(
            select(Interview)
            .join(AccessionNumber, AccessionNumber.interview_id == Interview.id)
            .where(AccessionNumber.key == key)
        )
    return found


def give_number(db: Session, interview: Interview, number: str) -> None:
    """Give a number that `require_free` returned; the former one keeps leading to the interview.

    Raises AccessionTaken, or IntegrityError at the flush, where a concurrent transaction has
    given it since.
    """
    with db.no_autoflush:
        former = interview.accession
        if former and fold_number(former) != fold_number(number):
            _keep(db, interview, former)
        interview.accession = number
        holder = _keep(db, interview, number)
    if holder is not None and holder.interview_id != interview.id:
        raise AccessionTaken(accession=number)


def _keep(db: Session, interview: Interview, number: str) -> AccessionNumber | None:
    """Store a number for ever; return the row that has its key already."""
    stored = db.get(AccessionNumber, fold_number(number))
    if stored is None:
        db.add(AccessionNumber(key=fold_number(number), number=number, interview=interview))
    return stored


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
    """Return the next number of a year that was never given: prefix, year, counter."""
    stem = f"{prefix(db)}-{year}-"
    keys = (func.lower(Interview.accession), AccessionNumber.key)
    taken = db.scalars(
        union(*(select(key).where(key.startswith(stem.lower(), autoescape=True)) for key in keys))
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
    key = fold_number(accession)
    holders = db.scalars(
        union(
            select(Interview.id).where(func.lower(Interview.accession) == key),
            select(AccessionNumber.interview_id).where(AccessionNumber.key == key),
        )
    )
    if any(except_for is None or holder != except_for.id for holder in holders):
        raise AccessionTaken(accession=accession)
    return accession
