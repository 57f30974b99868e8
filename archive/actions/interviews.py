"""Interviews: taking one into the archive and describing it.

An accession number is part of every link, so it is made of signs that need no
quoting, and two numbers may not differ in case only. Two people who describe the
same interview at once: the second is told so, and nothing that either typed is lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from archive import access, audit, dates
from archive.access import Actor, Refused
from archive.actions import office, typed
from archive.models import Collection, Contribution, Interview, Person, Place
from archive.models.base import utc_now
from archive.models.interview import AUDIENCES, PLATES

LONGEST_ACCESSION = 40
LONGEST_TITLE = 300
LONGEST_LINE = 300
LONGEST_TEXT = 20_000
MOST_KEYWORDS = 40
MOST_PEOPLE = 30
FIRST_YEAR, LAST_YEAR = 1800, 2100
DEFAULT_PREFIX = "LK"
ROLES = ("witness", "interviewer")
_ACCESSION = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
# Words that stand where an accession number stands in an address.
RESERVED = frozenset({"new"})


class AccessionRefused(Refused):
    """`accession` would need quoting in a link, is too long, or is a word of ours."""

    code = "accession_refused"


class AccessionTaken(Refused):
    """Another interview has this number, perhaps in other case."""

    code = "accession_taken"


class TitleMissing(Refused):
    """An interview needs a title that says what it is about."""

    code = "title_missing"


class TooLong(Refused):
    """`field` holds more than `longest` characters."""

    code = "text_too_long"


class LanguageRefused(Refused):
    """`language` is no ISO 639 code, or none is given."""

    code = "language_refused"


class AudienceRefused(Refused):
    """`audience` is none of public, registered, staff."""

    code = "audience_refused"


class PlateRefused(Refused):
    """`plate` is no drawing of ours."""

    code = "plate_refused"


class HeldRefused(Refused):
    """`text` is not a date in EDTF."""

    code = "held_refused"


class YearsRefused(Refused):
    """The years told about lie outside of what the archive keeps, or end before they begin."""

    code = "years_refused"


class DescriptionOutdated(Refused):
    """Somebody else saved after this description was opened; `revision` is theirs."""

    code = "description_outdated"


@dataclass(frozen=True, kw_only=True)
class Description:
    """All that is said about an interview. Order of people is the order in which they are named."""

    title: str
    collection: Collection | None = None
    witnesses: Sequence[Person] = field(default=())
    interviewers: Sequence[Person] = field(default=())
    languages: Sequence[str] = ("vi",)
    held_as_told: str = ""
    held_edtf: str = ""
    told_from_year: int | None = None
    told_to_year: int | None = None
    place_as_told: str = ""
    place: Place | None = None
    abstract: str = ""
    keywords: Sequence[str] = field(default=())
    audience: str = "staff"
    plate: str = ""


def create(
    db: Session, actor: Actor, description: Description, *, accession: str = "",
    is_sample: bool = False,
) -> Interview:  # fmt: skip
    """Take an interview in, under the number given or the next free one of this year."""
    access.require(actor, "create")
    interview = Interview(
        accession=_free(db, accession) if accession.strip() else next_accession(db),
        title="", is_sample=is_sample, created_by_id=actor.user_id or None,
    )  # fmt: skip
    _write(interview, description)
    db.add(interview)
    db.flush()
    audit.record(
        db, actor, "interview.created", interview,
        accession=interview.accession, audience=interview.audience,
    )  # fmt: skip
    return interview


def describe(
    db: Session, actor: Actor, interview: Interview, description: Description, *,
    revision: int, accession: str = "",
) -> None:  # fmt: skip
    """Change the description that was opened at `revision`; raises DescriptionOutdated.

    Whoever could no longer see the interview afterwards may still do this.
    """
    access.require(actor, "describe", interview)
    _claim(db, interview, revision)
    before = _told(interview)
    if accession.strip() and accession.strip() != interview.accession:
        interview.accession = _free(db, accession, but_for=interview)
    _write(interview, description)
    interview.updated_at = utc_now()
    db.flush()
    after = _told(interview)
    audit.record(
        db, actor, "interview.described", interview, revision=interview.revision,
        changed=sorted(name for name in after if after[name] != before[name]),
        audience=interview.audience,
    )  # fmt: skip


def next_accession(db: Session) -> str:
    """`LK-2026-041`: the office's letters, the year on its clock, the next number of that year."""
    prefix = office.get(db, "accession_prefix", DEFAULT_PREFIX)
    zone = ZoneInfo(office.get(db, "timezone", "Asia/Ho_Chi_Minh"))
    stem = f"{prefix}-{datetime.now(zone).year}-"
    taken = db.scalars(
        select(Interview.accession).where(
            func.lower(Interview.accession).startswith(stem.lower(), autoescape=True)
        )
    )
    numbers = [int(tail) for a in taken if (tail := a[len(stem) :]).isascii() and tail.isdigit()]
    return f"{stem}{max(numbers, default=0) + 1:03d}"


def by_accession(db: Session, accession: str) -> Interview | None:
    """The interview of this number, without asking for anybody's rights: for the shell."""
    return db.scalar(select(Interview).where(Interview.accession == accession))


def _claim(db: Session, interview: Interview, revision: int) -> None:
    """Count the revision up if nobody was faster: one statement, so right on every database."""
    result = db.execute(
        update(Interview)
        .where(Interview.id == interview.id, Interview.revision == revision)
        .values(revision=revision + 1)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    db.refresh(interview)
    if result.rowcount != 1:
        raise DescriptionOutdated(revision=interview.revision)


def _free(db: Session, accession: str, but_for: Interview | None = None) -> str:
    accession = accession.strip()
    if (
        len(accession) > LONGEST_ACCESSION
        or not _ACCESSION.fullmatch(accession)
        or accession.lower() in RESERVED
    ):
        raise AccessionRefused(accession=typed.line(accession)[:LONGEST_ACCESSION])
    taken = db.scalar(
        select(Interview.id).where(func.lower(Interview.accession) == accession.lower())
    )
    if taken is not None and (but_for is None or taken != but_for.id):
        raise AccessionTaken(accession=accession)
    return accession


def _write(interview: Interview, told: Description) -> None:
    title = typed.line(told.title)
    if not title:
        raise TitleMissing
    interview.title = _short("title", title, LONGEST_TITLE)
    interview.collection = told.collection
    interview.languages = _languages(told.languages)
    interview.held_as_told = _short("held_as_told", typed.line(told.held_as_told), LONGEST_LINE)
    _write_held(interview, typed.line(told.held_edtf))
    _write_years(interview, told.told_from_year, told.told_to_year)
    interview.place_as_told = _short("place_as_told", typed.line(told.place_as_told), LONGEST_LINE)
    interview.place = told.place
    interview.abstract = _short("abstract", typed.paragraphs(told.abstract), LONGEST_TEXT)
    words = [_short("keywords", typed.line(word), 100) for word in told.keywords]
    interview.keywords = list(dict.fromkeys(word for word in words if word))[:MOST_KEYWORDS]
    if told.audience not in AUDIENCES:
        raise AudienceRefused(audience=told.audience[:20])
    interview.audience = told.audience
    if told.plate and told.plate not in PLATES:
        raise PlateRefused(plate=told.plate[:20])
    interview.plate = told.plate
    _write_people(interview, {"witness": told.witnesses, "interviewer": told.interviewers})


def _write_held(interview: Interview, edtf: str) -> None:
    span = None
    if edtf:
        try:
            span = dates.parse(edtf)
        except dates.NotADate as error:
            raise HeldRefused(text=error.text) from error
    interview.held_edtf = span.edtf if span else ""
    interview.held_earliest_on = span.earliest_on if span else None
    interview.held_latest_on = span.latest_on if span else None


def _write_years(interview: Interview, first: int | None, last: int | None) -> None:
    for year in (first, last):
        if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
            raise YearsRefused(year=year)
    if first is not None and last is not None and first > last:
        raise YearsRefused(year=last)
    interview.told_from_year, interview.told_to_year = first, last


def _write_people(interview: Interview, wanted: dict[str, Sequence[Person]]) -> None:
    """Keep the contributions that stay, since a transcript names its speakers by them."""
    kept = {(c.person_id, c.role): c for c in interview.contributions}
    now: list[Contribution] = [c for c in interview.contributions if c.role not in ROLES]
    for role in ROLES:
        people = {person.id: person for person in wanted[role]}
        for position, person in enumerate(list(people.values())[:MOST_PEOPLE]):
            contribution = kept.get((person.id, role)) or Contribution(person=person, role=role)
            contribution.position = position
            now.append(contribution)
    interview.contributions = now


def _languages(codes: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(code.strip().lower() for code in codes if code.strip()))
    for code in found:
        if not _LANGUAGE.fullmatch(code):
            raise LanguageRefused(language=typed.line(code)[:20])
    if not found:
        raise LanguageRefused(language="")
    return found


def _short(field_name: str, text: str, longest: int) -> str:
    if len(text) > longest:
        raise TooLong(field=field_name, longest=longest)
    return text


def _told(interview: Interview) -> dict[str, Any]:
    """The description as comparable values, to tell what changed."""
    plain = (
        "accession", "title", "collection_id", "languages", "held_as_told", "held_edtf",
        "told_from_year", "told_to_year", "place_as_told", "place_id", "abstract", "keywords",
        "audience", "plate",
    )  # fmt: skip
    told: dict[str, Any] = {name: getattr(interview, name) for name in plain}
    for role in ROLES:
        told[f"{role}s"] = [c.person_id for c in interview.contributions if c.role == role]
    return told
