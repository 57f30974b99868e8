"""People: find or create a record by name, add one, update one.

Names are not unique: 0 matches create a person, 1 is used, 2 or more raise SeveralPeople.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from archive import access, audit
from archive.access import Refused, Rights
from archive.models import Contribution, Interview, Person, PersonName
from archive.models.vocabulary import NAME_KINDS, member
from archive.text import text_input, vietnamese_names
from archive.time import dates

LONGEST_NAME = 120
LONGEST_LINE = 300
LONGEST_BIOGRAPHY = 20_000
LONGEST_OF_FIELD = {
    "other_name": 120,
    "given_name": 120,
    "family_name": 120,
    "middle_name": 120,
    "honorific": 40,
}
MOST_NAMES = 30


class PersonNameMissing(Refused):
    """The full name of a person is required."""

    code = "person_name_missing"


class PersonTooLong(Refused):
    """`field` holds more than `longest` characters."""

    code = "person_too_long"


class TooManyNames(Refused):
    """A person has more than `most` other names."""

    code = "too_many_names"


class PersonNameRefused(Refused):
    """`name` has more than `longest` characters."""

    code = "person_name_refused"


class BirthRefused(Refused):
    """`text` is not a date in EDTF."""

    code = "birth_refused"


class SeveralPeople(Refused):
    """`name` belongs to more than one person; `choices` are labels that distinguish them."""

    code = "several_people"


class NamesakeExists(Refused):
    """`name` belongs to another person, and the user has not answered that this is another."""

    code = "namesake_exists"


class PersonChanged(Refused):
    """The record was saved by another user after this form was opened."""

    code = "person_changed"


@dataclass(frozen=True, kw_only=True)
class OtherName:
    """A name besides the birth name; `kind` is a NameKind, `period` is free text."""

    name: str
    kind: str = "common"
    period: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonFacts:
    """The fields of a person record. Empty parts of the name are derived from `full_name`."""

    full_name: str
    family_name: str = ""
    middle_name: str = ""
    given_name: str = ""
    honorific: str = ""
    born_as_told: str = ""
    born_edtf: str = ""
    native_place: str = ""
    occupation: str = ""
    biography: str = ""
    other_names: Sequence[OtherName] = field(default=())


def add(
    db: Session,
    rights: Rights,
    facts: PersonFacts,
    *,
    is_sample: bool = False,
    other_than: Collection[str] | None = None,
) -> Person:
    """Create a person; raises NamesakeExists for a namesake that is not in `other_than`.

    `other_than` are ids of people whom the user declared to be others; None allows any namesake.
    """
    access.require(rights, "manage_people")
    _require_other(db, facts.full_name, other_than, is_sample=is_sample)
    person = Person(full_name="", given_name="", sort_key="", is_sample=is_sample)
    _write(person, facts)
    db.add(person)
    db.flush()
    audit.record(db, rights.actor, "person.created", person)
    return person


def update(
    db: Session,
    rights: Rights,
    person: Person,
    facts: PersonFacts,
    *,
    opened_fingerprint: str = "",
    other_than: Collection[str] | None = None,
) -> None:
    """Update a person; raises PersonChanged if `opened_fingerprint` is outdated.

    A new name raises NamesakeExists as in `add`; a name that stays does not.
    """
    access.require(rights, "manage_people")
    db.refresh(person, with_for_update=True)
    if opened_fingerprint and opened_fingerprint != fingerprint(person):
        raise PersonChanged
    if text_input.single_line(facts.full_name).casefold() != person.full_name.casefold():
        known = None if other_than is None else [*other_than, person.id]
        _require_other(db, facts.full_name, known, is_sample=person.is_sample)
    _write(person, facts)
    db.flush()
    audit.record(db, rights.actor, "person.described", person)


def list_people(db: Session, rights: Rights, text: str = "") -> list[Person]:
    """Return people by given name; `text` keeps those with all its syllables in a name."""
    access.require(rights, "manage_people")
    people = db.scalars(
        select(Person)
        .where(Person.merged_into_id.is_(None))
        .order_by(Person.sort_key, Person.id)
        .options(selectinload(Person.other_names))
    ).all()
    return [
        p for p in people if text_input.matches(text, p.full_name, *(n.name for n in p.other_names))
    ]


def with_exact_name(db: Session, name: str, *, is_sample: bool | None = None) -> list[Person]:
    """Return the people with exactly this full name, ignoring case.

    `is_sample` selects sample people or real people; None selects both. Of a record that was
    merged, the one that it was merged into.
    """
    requested = text_input.single_line(name).casefold()
    bearers = (
        kept_record(db, person)
        for person in db.scalars(select(Person).order_by(Person.id)).all()
        if person.full_name.casefold() == requested and is_sample in (None, person.is_sample)
    )
    return list({person.id: person for person in bearers}.values())


def kept_record(db: Session, person: Person) -> Person:
    """Return the record that this one was merged into, in the end; itself if it was not."""
    while person.merged_into_id is not None:
        person = db.get_one(Person, person.merged_into_id)
    return person


def form_labels(db: Session, rights: Rights, *, is_sample: bool) -> dict[str, str]:
    """Return the label of each person in forms, by id: the name, or a longer one if shared."""
    bearers: dict[str, list[Person]] = {}
    for person in (p for p in list_people(db, rights) if p.is_sample == is_sample):
        bearers.setdefault(person.full_name.casefold(), []).append(person)
    found: dict[str, str] = {}
    for people in bearers.values():
        found |= (
            disambiguation_labels(people)
            if len(people) > 1
            else {people[0].id: people[0].full_name}
        )
    return found


def disambiguation_labels(namesakes: Sequence[Person]) -> dict[str, str]:
    """Return labels by id for people of one name: with birth, work, home or the end of the id."""
    facts = {p.id: p.born_as_told or p.occupation or p.native_place for p in namesakes}
    known = Counter(facts.values())
    return {
        p.id: f"{p.full_name} ({fact if fact and known[fact] == 1 else p.id[-5:]})"
        for p in namesakes
        for fact in (facts[p.id],)
    }


def with_name_or_label(db: Session, text: str, *, is_sample: bool) -> list[Person]:
    """Return the people with this name; if there are none, the one with this form label."""
    name = text_input.single_line(text)
    bearers = with_exact_name(db, name, is_sample=is_sample)
    if bearers or not name.endswith(")"):
        return bearers
    namesakes = with_exact_name(db, name.rpartition(" (")[0], is_sample=is_sample)
    labels = disambiguation_labels(namesakes)
    return [p for p in namesakes if labels[p.id].casefold() == name.casefold()]


def find_or_create(db: Session, rights: Rights, text: str, *, is_sample: bool = False) -> Person:
    """Return the person with this name or form label; create one if there is none.

    Sample and real records are never linked, so that the samples can be removed completely.
    """
    access.require(rights, "manage_people")
    name = text_input.single_line(text)
    bearers = with_name_or_label(db, name, is_sample=is_sample)
    if len(bearers) > 1:
        raise SeveralPeople(name=name, choices=list(disambiguation_labels(bearers).values()))
    if bearers:
        return bearers[0]
    return add(db, rights, PersonFacts(full_name=name), is_sample=is_sample)


def interview_counts(db: Session, rights: Rights) -> dict[str, int]:
    """Count the interviews of each person, by id, that the actor may view."""
    query = (
        select(Contribution.person_id, func.count(Interview.id.distinct()))
        .join(Interview, Interview.id == Contribution.interview_id)
        .where(Contribution.removed_at.is_(None))
        .group_by(Contribution.person_id)
    )
    return {person_id: count for person_id, count in db.execute(access.visible(query, rights))}


def appearances(db: Session, rights: Rights, person: Person) -> list[Contribution]:
    """Return the contributions of a person to interviews that the actor may view."""
    query = (
        select(Contribution)
        .join(Interview, Interview.id == Contribution.interview_id)
        .where(Contribution.person_id == person.id, Contribution.removed_at.is_(None))
        .order_by(Interview.accession, Contribution.role)
        .options(contains_eager(Contribution.interview))
    )
    return list(db.scalars(access.visible(query, rights)))


def with_interviews(
    db: Session, rights: Rights, persons: Sequence[Person]
) -> list[tuple[Person, list[Interview]]]:
    """Return people, each with the interviews that the actor may view, in order of number."""
    query = (
        select(Contribution.person_id, Interview)
        .join(Interview, Interview.id == Contribution.interview_id)
        .where(
            Contribution.person_id.in_([person.id for person in persons]),
            Contribution.removed_at.is_(None),
        )
        .order_by(Interview.accession)
    )
    found: dict[str, dict[str, Interview]] = {person.id: {} for person in persons}
    for person_id, interview in db.execute(access.visible(query, rights)):
        found[person_id][interview.id] = interview
    return [(person, list(found[person.id].values())) for person in persons]


def fingerprint(person: Person) -> str:
    """Return a digest of the record, with which a form detects that it is outdated."""
    parts = [
        person.full_name,
        person.family_name,
        person.middle_name,
        person.given_name,
        person.honorific,
        person.born_as_told,
        person.born_edtf,
        person.native_place,
        person.occupation,
        person.biography,
        *(f"{n.name}/{n.kind}/{n.period}" for n in person.other_names),
    ]
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()


def _require_other(
    db: Session, name: str, other_than: Collection[str] | None, *, is_sample: bool
) -> None:
    if other_than is None:
        return
    namesakes = with_exact_name(db, name, is_sample=is_sample)
    if any(person.id not in other_than for person in namesakes):
        raise NamesakeExists(name=text_input.single_line(name))


def _write(person: Person, facts: PersonFacts) -> None:
    full_name = text_input.single_line(facts.full_name)
    if not full_name:
        raise PersonNameMissing
    if len(full_name) > LONGEST_NAME:
        raise PersonNameRefused(name=full_name[:40], longest=LONGEST_NAME)
    guess = vietnamese_names.split_name(full_name)
    given = _checked_line("given_name", facts.given_name)
    family = _checked_line("family_name", facts.family_name)
    middle = _checked_line("middle_name", facts.middle_name)
    parts = vietnamese_names.NameParts(family, middle, given) if given else guess
    values = {
        "full_name": full_name,
        "family_name": parts.family,
        "middle_name": parts.middle,
        "given_name": parts.given,
        "sort_key": vietnamese_names.person_key(parts),
        "honorific": _checked_line("honorific", facts.honorific),
        "born_as_told": _checked_line("born_as_told", facts.born_as_told),
        "born_edtf": _edtf(facts.born_edtf),
        "native_place": _checked_line("native_place", facts.native_place),
        "occupation": _checked_line("occupation", facts.occupation),
        "biography": text_input.multi_line(facts.biography),
    }
    if len(values["biography"]) > LONGEST_BIOGRAPHY:
        raise PersonTooLong(field="biography", longest=LONGEST_BIOGRAPHY)
    for name, value in values.items():
        setattr(person, name, value)
    if len(facts.other_names) > MOST_NAMES:
        raise TooManyNames(field="other_name", most=MOST_NAMES)
    _write_names(person, facts.other_names)


def _checked_line(field_name: str, text: str) -> str:
    text = text_input.single_line(text)
    longest = LONGEST_OF_FIELD.get(field_name, LONGEST_LINE)
    if len(text) > longest:
        raise PersonTooLong(field=field_name, longest=longest)
    return text


def _write_names(person: Person, requested: Sequence[OtherName]) -> None:
    kept = [
        PersonName(
            name=_checked_line("other_name", other.name),
            kind=member(NAME_KINDS, other.kind) or "common",
            period=_checked_line("other_name", other.period),
            position=position,
        )
        for position, other in enumerate(requested)
        if text_input.single_line(other.name)
    ]
    person.other_names = kept


def _edtf(text: str) -> str:
    text = text_input.single_line(text)
    if not text:
        return ""
    try:
        return dates.parse(text).edtf
    except dates.NotADate as error:
        raise BirthRefused(text=error.text) from error
