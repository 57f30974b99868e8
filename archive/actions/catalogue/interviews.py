"""Interviews: create one and update its description.

Descriptions are saved with optimistic locking: an outdated save raises DescriptionOutdated,
and the form keeps what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.catalogue import accessions, contributions, opening
from archive.actions.catalogue.accessions import AccessionTaken
from archive.actions.catalogue.contributions import (
    PARTICIPANT_ROLES,
    Participants,
    SameVoices,
)
from archive.models import Collection, Contribution, Interview, Person, Place
from archive.models.base import utc_now
from archive.models.interview import PLATES
from archive.models.vocabulary import AUDIENCES
from archive.text import text_input
from archive.time import dates

LONGEST = {"title": 300, "held_as_told": 300, "place_as_told": 300, "abstract": 20_000}
LONGEST_KEYWORD = 100
MOST_KEYWORDS = 40
MOST_PEOPLE = 30
FIRST_YEAR, LAST_YEAR = 1800, 2100
FIELD_OF_ROLE = {"witness": "witnesses", "interviewer": "interviewers"}
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class TitleMissing(Refused):
    """The title of an interview is required."""

    code = "title_missing"


class FieldTooLong(Refused):
    """`field` holds more than `longest` characters."""

    code = "text_too_long"


class TooManyEntries(Refused):
    """`field` holds more than `most` entries."""

    code = "too_many_entries"


class LanguageRefused(Refused):
    """`language` is not an ISO 639 code, or is empty."""

    code = "language_refused"


class AudienceRefused(Refused):
    """`audience` is not one of public, registered, staff."""

    code = "audience_refused"


class PlateRefused(Refused):
    """`plate` is not one of PLATES."""

    code = "plate_refused"


class InterviewDateRefused(Refused):
    """`text` is not a date in EDTF."""

    code = "held_refused"


class YearsCoveredRefused(Refused):
    """The years covered are outside FIRST_YEAR to LAST_YEAR, or end before they begin."""

    code = "years_refused"


class DescriptionOutdated(Refused):
    """The description was saved by another user meanwhile; `revision` is the current one."""

    code = "description_outdated"


@dataclass(frozen=True, kw_only=True)
class Description:
    """The descriptive fields of an interview. People are kept in the given order."""

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

    @property
    def participants(self) -> Participants:
        """The people by role."""
        return {"witness": self.witnesses, "interviewer": self.interviewers}


def create(
    db: Session,
    rights: Rights,
    description: Description,
    *,
    accession: str = "",
    year: int | None = None,
    is_sample: bool = False,
) -> Interview:
    """Create an interview with the given number or the next free one of `year`.

    `year` is the year in the office's time zone; the default is the year in UTC.
    """
    access.require(rights, "create")
    refusals = validate(description)
    if refusals:
        raise refusals[0]
    year = utc_now().year if year is None else year
    interview = _insert(db, rights, description, accession, year=year, is_sample=is_sample)
    audit.record(
        db,
        rights.actor,
        "interview.created",
        interview,
        accession=interview.accession,
        audience=interview.audience,
    )
    opening.record_opening(db, rights, interview, "staff")
    return interview


def update_description(
    db: Session,
    rights: Rights,
    interview: Interview,
    description: Description,
    *,
    revision: int,
    accession: str = "",
    same_voices: SameVoices | None = None,
) -> None:
    """Update a description that was opened at `revision`; raises DescriptionOutdated.

    Allowed also when the new audience hides the interview from the actor. `same_voices` are the
    contributions that a new person takes over; the passages of others stay with who spoke.
    """
    access.require(rights, "describe", access.Scope(interview))
    _bump_revision(db, interview, revision)
    before = _snapshot(interview)
    number = interview.accession
    if accession.strip() and accession.strip() != number:
        number = accessions.require_free(db, accession, except_for=interview)
    replaced = contributions.take_over(interview, description.participants, same_voices or {})
    _write(interview, description)
    interview.updated_at = utc_now()
    try:
        if number != interview.accession:
            accessions.give_number(db, interview, number)
        db.flush()
    except IntegrityError:  # a concurrent transaction stored the same number
        raise AccessionTaken(accession=accession.strip()) from None
    after = _snapshot(interview)
    changed = sorted(name for name in after if after[name] != before[name])
    people: dict[str, Any] = {
        name: {"before": before[name], "after": after[name]}
        for name in changed
        if name in FIELD_OF_ROLE.values()
    }
    voices: dict[str, Any] = {"voices_of": [p.id for p in replaced]} if replaced else {}
    audit.record(
        db,
        rights.actor,
        "interview.described",
        interview,
        revision=interview.revision,
        changed=changed,
        audience=interview.audience,
        people=people,
        **voices,
        **_number_change(before["accession"], after["accession"]),
    )
    opening.record_opening(db, rights, interview, before["audience"])


def _number_change(before: str, after: str) -> dict[str, Any]:
    return {"accession": {"before": before, "after": after}} if before != after else {}


def validate(description: Description) -> list[Refused]:
    """Return every refusal that `create` or `update_description` would raise."""
    return _validated_values(description)[1]


def by_accession(db: Session, accession: str) -> Interview | None:
    """Return the interview that has or had this number; the caller checks permission."""
    return accessions.with_number(db, accession)


def load_with_relations(db: Session, ids: Iterable[str]) -> dict[str, Interview]:
    """Load interviews with people, recordings and place, by id, in a constant number of queries."""
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
    db: Session,
    rights: Rights,
    description: Description,
    accession: str,
    *,
    year: int,
    is_sample: bool,
) -> Interview:
    """Insert the row; retry with the next number if a concurrent insert took the first one."""
    while True:
        requested = accession.strip()
        number = (
            accessions.require_free(db, requested) if requested else accessions.next_free(db, year)
        )
        interview = Interview(
            accession="",
            title="",
            is_sample=is_sample,
            created_by_id=rights.actor.user_id or None,
        )
        try:
            with db.begin_nested():
                _write(interview, description)
                db.add(interview)
                accessions.give_number(db, interview, number)
                db.flush()
        except (IntegrityError, AccessionTaken):
            if requested:
                raise AccessionTaken(accession=number) from None
            if accessions.next_free(db, year) == number:  # another constraint failed
                raise
            continue
        return interview


def _bump_revision(db: Session, interview: Interview, revision: int) -> None:
    """Increment `revision` if it is unchanged, in one statement: atomic on every database."""
    result = db.execute(
        update(Interview)
        .where(Interview.id == interview.id, Interview.revision == revision)
        .values(revision=revision + 1)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    db.refresh(interview)
    # Loaded contributions keep their old `removed_at` otherwise, and this save would undo it.
    db.scalars(
        select(Contribution)
        .where(Contribution.interview_id == interview.id)
        .execution_options(populate_existing=True)
    ).all()
    if result.rowcount != 1:
        raise DescriptionOutdated(revision=interview.revision)


def _write(interview: Interview, description: Description) -> None:
    values, refusals = _validated_values(description)
    if refusals:
        raise refusals[0]
    for name, value in values.items():
        setattr(interview, name, value)
    contributions.write_participants(interview, description.participants)


def _validated_values(description: Description) -> tuple[dict[str, Any], list[Refused]]:
    """Return the values to be stored, and every refusal."""
    values: dict[str, Any] = {
        "title": text_input.single_line(description.title),
        "collection": description.collection,
        "languages": list(
            dict.fromkeys(c.strip().lower() for c in description.languages if c.strip())
        ),
        "held_as_told": text_input.single_line(description.held_as_told),
        "told_from_year": description.told_from_year,
        "told_to_year": description.told_to_year,
        "place_as_told": text_input.single_line(description.place_as_told),
        "place": description.place,
        "abstract": text_input.multi_line(description.abstract),
        "keywords": list(
            dict.fromkeys(w for k in description.keywords if (w := text_input.single_line(k)))
        ),
        "audience": description.audience,
        "plate": description.plate,
    }
    refusals: list[Refused] = [
        FieldTooLong(field=name, longest=longest)
        for name, longest in LONGEST.items()
        if len(values[name]) > longest
    ]
    if not values["title"]:
        refusals.append(TitleMissing())
    for code in values["languages"] or [""]:
        if not _LANGUAGE.fullmatch(code):
            refusals.append(LanguageRefused(language=text_input.single_line(code)[:20]))
            break
    if any(len(word) > LONGEST_KEYWORD for word in values["keywords"]):
        refusals.append(FieldTooLong(field="keywords", longest=LONGEST_KEYWORD))
    counts = (
        ("witness", len(description.witnesses), MOST_PEOPLE),
        ("interviewer", len(description.interviewers), MOST_PEOPLE),
        ("keywords", len(values["keywords"]), MOST_KEYWORDS),
    )
    refusals += [
        TooManyEntries(field=name, most=most) for name, count, most in counts if count > most
    ]
    refusals += _validate_years(description.told_from_year, description.told_to_year)
    refusals += _validate_held(values, text_input.single_line(description.held_edtf))
    if description.audience not in AUDIENCES:
        refusals.append(AudienceRefused(audience=description.audience[:20]))
    if description.plate and description.plate not in PLATES:
        refusals.append(PlateRefused(plate=description.plate[:20]))
    return values, refusals


def _validate_held(values: dict[str, Any], edtf: str) -> list[Refused]:
    span = dates.DateRange("", None, None)
    if edtf:
        try:
            span = dates.parse(edtf)
        except dates.NotADate as error:
            return [InterviewDateRefused(text=error.text)]
    values["held_edtf"] = span.edtf
    values["held_earliest_on"], values["held_latest_on"] = span.earliest_on, span.latest_on
    return []


def _validate_years(first: int | None, last: int | None) -> list[Refused]:
    for year in (first, last):
        if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
            return [YearsCoveredRefused(year=year)]
    if first is not None and last is not None and first > last:
        return [YearsCoveredRefused(year=last)]
    return []


def _snapshot(interview: Interview) -> dict[str, Any]:
    """Return the description as comparable values, for the list of changed fields."""
    plain = (
        "accession",
        "title",
        "collection_id",
        "languages",
        "held_as_told",
        "held_edtf",
        "told_from_year",
        "told_to_year",
        "place_as_told",
        "place_id",
        "abstract",
        "keywords",
        "audience",
        "plate",
    )
    snapshot: dict[str, Any] = {name: getattr(interview, name) for name in plain}
    for role in PARTICIPANT_ROLES:
        snapshot[FIELD_OF_ROLE[role]] = [
            c.person_id for c in interview.listed_contributions if c.role == role
        ]
    return snapshot
