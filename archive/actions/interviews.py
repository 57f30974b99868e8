"""Interviews: taking one into the archive and describing it.

Two people who describe the same interview at once: the second is told so, and nothing
that either typed is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from archive import access, audit, dates
from archive.access import Actor, Refused
from archive.actions import accessions, typed
from archive.actions.accessions import AccessionTaken
from archive.models import Collection, Contribution, Interview, Person, Place
from archive.models.base import utc_now
from archive.models.interview import AUDIENCES, PLATES

LONGEST = {"title": 300, "held_as_told": 300, "place_as_told": 300, "abstract": 20_000}
LONGEST_KEYWORD = 100
MOST_KEYWORDS = 40
MOST_PEOPLE = 30
FIRST_YEAR, LAST_YEAR = 1800, 2100
ROLES = ("witness", "interviewer")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


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
    year: int | None = None, is_sample: bool = False,
) -> Interview:  # fmt: skip
    """Take an interview in, under the number given or the next free one of the year.

    `year` is the one on the office's clock; without it, that of UTC.
    """
    access.require(actor, "create")
    wrong = faults(description)
    if wrong:
        raise wrong[0]
    year = utc_now().year if year is None else year
    interview = _insert(db, actor, description, accession, year=year, is_sample=is_sample)
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
        interview.accession = accessions.free(db, accession, but_for=interview)
    _write(interview, description)
    interview.updated_at = utc_now()
    try:
        db.flush()
    except IntegrityError:  # somebody else took the number in this moment
        raise AccessionTaken(accession=accession.strip()) from None
    after = _told(interview)
    audit.record(
        db, actor, "interview.described", interview, revision=interview.revision,
        changed=sorted(name for name in after if after[name] != before[name]),
        audience=interview.audience,
    )  # fmt: skip


def faults(told: Description) -> list[Refused]:
    """Everything that `create` and `describe` would refuse about a description."""
    return _read(told)[1]


def by_accession(db: Session, accession: str) -> Interview | None:
    """The interview of this number, without asking for anybody's rights: the caller does."""
    return db.scalar(select(Interview).where(Interview.accession == accession))


def in_full(db: Session, ids: Iterable[str]) -> dict[str, Interview]:
    """Interviews by id with people, recordings and place: as many questions for one as for all."""
    loaded = db.scalars(
        select(Interview)
        .where(Interview.id.in_(sorted(ids)))
        .options(
            selectinload(Interview.contributions).selectinload(Contribution.person),
            selectinload(Interview.recordings),
            selectinload(Interview.place),
        )
    )
    return {interview.id: interview for interview in loaded}


def _insert(
    db: Session, actor: Actor, description: Description, accession: str, *,
    year: int, is_sample: bool,
) -> Interview:  # fmt: skip
    """Add the row; whoever loses a race for the same free number takes the one after it."""
    while True:
        wanted = accession.strip()
        number = accessions.free(db, wanted) if wanted else accessions.next_free(db, year)
        interview = Interview(
            accession=number, title="", is_sample=is_sample, created_by_id=actor.user_id or None
        )
        try:
            with db.begin_nested():
                _write(interview, description)
                db.add(interview)
                db.flush()
        except IntegrityError:
            if wanted:
                raise AccessionTaken(accession=number) from None
            if accessions.next_free(db, year) == number:  # something else could not be kept
                raise
            continue
        return interview


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


def _write(interview: Interview, told: Description) -> None:
    values, wrong = _read(told)
    if wrong:
        raise wrong[0]
    for name, value in values.items():
        setattr(interview, name, value)
    _write_people(interview, {"witness": told.witnesses, "interviewer": told.interviewers})


def _read(told: Description) -> tuple[dict[str, Any], list[Refused]]:
    """The values as they are kept, and every reason not to keep them."""
    values: dict[str, Any] = {
        "title": typed.line(told.title),
        "collection": told.collection,
        "languages": list(dict.fromkeys(c.strip().lower() for c in told.languages if c.strip())),
        "held_as_told": typed.line(told.held_as_told),
        "told_from_year": told.told_from_year,
        "told_to_year": told.told_to_year,
        "place_as_told": typed.line(told.place_as_told),
        "place": told.place,
        "abstract": typed.paragraphs(told.abstract),
        "keywords": list(dict.fromkeys(w for k in told.keywords if (w := typed.line(k)))),
        "audience": told.audience,
        "plate": told.plate,
    }
    wrong: list[Refused] = [
        TooLong(field=name, longest=longest)
        for name, longest in LONGEST.items()
        if len(values[name]) > longest
    ]
    if not values["title"]:
        wrong.append(TitleMissing())
    for code in values["languages"] or [""]:
        if not _LANGUAGE.fullmatch(code):
            wrong.append(LanguageRefused(language=typed.line(code)[:20]))
            break
    if any(len(word) > LONGEST_KEYWORD for word in values["keywords"]):
        wrong.append(TooLong(field="keywords", longest=LONGEST_KEYWORD))
    values["keywords"] = values["keywords"][:MOST_KEYWORDS]
    wrong += _read_years(told.told_from_year, told.told_to_year)
    wrong += _read_held(values, typed.line(told.held_edtf))
    if told.audience not in AUDIENCES:
        wrong.append(AudienceRefused(audience=told.audience[:20]))
    if told.plate and told.plate not in PLATES:
        wrong.append(PlateRefused(plate=told.plate[:20]))
    return values, wrong


def _read_held(values: dict[str, Any], edtf: str) -> list[Refused]:
    span = dates.Span("", None, None)
    if edtf:
        try:
            span = dates.parse(edtf)
        except dates.NotADate as error:
            return [HeldRefused(text=error.text)]
    values["held_edtf"] = span.edtf
    values["held_earliest_on"], values["held_latest_on"] = span.earliest_on, span.latest_on
    return []


def _read_years(first: int | None, last: int | None) -> list[Refused]:
    for year in (first, last):
        if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
            return [YearsRefused(year=year)]
    if first is not None and last is not None and first > last:
        return [YearsRefused(year=last)]
    return []


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
