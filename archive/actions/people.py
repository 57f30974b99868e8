"""People: finding the one that is meant, adding another, correcting what is known of them.

Two people may have the same name. A name that is typed into a form therefore finds
the one person who has it, makes a new one when nobody has it, and is refused when
several do: only a human being can say which.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from archive import access, audit, dates, names
from archive.access import Actor, Refused
from archive.actions import typed
from archive.models import Contribution, Interview, Outbox, Person, PersonName

LONGEST_NAME = 120
LONGEST_LINE = 300
LONGEST_TEXT = 20_000
SHORT = {
    "other_name": 120,
    "given_name": 120,
    "family_name": 120,
    "middle_name": 120,
    "honorific": 40,
}
MOST_NAMES = 30
NAME_KINDS = ("common", "alias", "pen", "birth", "order", "religious")


class PersonNameMissing(Refused):
    """A person record begins with a name."""

    code = "person_name_missing"


class PersonTooLong(Refused):
    """`field` holds more than `longest` characters."""

    code = "person_too_long"


class PersonNameRefused(Refused):
    """`name` is longer than a name can be or holds signs that no name has."""

    code = "person_name_refused"


class BirthRefused(Refused):
    """`text` is not a date in EDTF."""

    code = "birth_refused"


class SeveralPeople(Refused):
    """`name` belongs to more than one person; `choices` are labels that tell them apart."""

    code = "several_people"


class PersonChanged(Refused):
    """Somebody else saved this record after it was opened here."""

    code = "person_changed"


@dataclass(frozen=True, kw_only=True)
class OtherName:
    """A name beside the birth name; `kind` is one of NAME_KINDS, `period` as told."""

    name: str
    kind: str = "common"
    period: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonFacts:
    """What a record says. Empty parts of the name are guessed from `full_name`."""

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


def add(db: Session, actor: Actor, facts: PersonFacts, *, is_sample: bool = False) -> Person:
    """A new record, also when somebody of the same name exists."""
    access.require(actor, "manage_people")
    person = Person(full_name="", given_name="", sort_key="", is_sample=is_sample)
    _write(person, facts)
    db.add(person)
    db.flush()
    audit.record(db, actor, "person.created", person)
    return person


def describe(
    db: Session, actor: Actor, person: Person, facts: PersonFacts, *, seen: str = ""
) -> None:
    """Change a record; `seen` is the `fingerprint` that the form was opened with."""
    access.require(actor, "manage_people")
    db.refresh(person, with_for_update=True)
    if seen and seen != fingerprint(person):
        raise PersonChanged
    _write(person, facts)
    db.flush()
    audit.record(db, actor, "person.described", person)
    told_in = select(Contribution.interview_id).where(Contribution.person_id == person.id)
    for interview_id in db.scalars(told_in.distinct().order_by(Contribution.interview_id)):
        db.add(Outbox(interview_id=interview_id, reason="person.described"))
    db.flush()


def listed(db: Session, actor: Actor, text: str = "") -> list[Person]:
    """Everybody by given name; with `text`, whoever has all its syllables in any name."""
    access.require(actor, "manage_people")
    everybody = db.scalars(
        select(Person)
        .order_by(Person.sort_key, Person.id)
        .options(selectinload(Person.other_names))
    ).all()
    return [
        p for p in everybody if typed.finds(text, p.full_name, *(n.name for n in p.other_names))
    ]


def named(db: Session, name: str, *, is_sample: bool | None = None) -> list[Person]:
    """Everybody whose full name this is, letter for letter but for case.

    `is_sample` keeps to real people or to invented ones; None takes both.
    """
    wanted = typed.line(name).casefold()
    return [
        person
        for person in db.scalars(select(Person).order_by(Person.id))
        if person.full_name.casefold() == wanted and is_sample in (None, person.is_sample)
    ]


def labels(db: Session, actor: Actor, *, is_sample: bool) -> dict[str, str]:
    """What a form calls each person, by id: the name, or a label where several share it."""
    bearers: dict[str, list[Person]] = {}
    for person in (p for p in listed(db, actor) if p.is_sample == is_sample):
        bearers.setdefault(person.full_name.casefold(), []).append(person)
    found: dict[str, str] = {}
    for people in bearers.values():
        found |= tell_apart(people) if len(people) > 1 else {people[0].id: people[0].full_name}
    return found


def tell_apart(namesakes: Sequence[Person]) -> dict[str, str]:
    """Labels of people of one name, by id: with birth, work or home, else the end of the id."""
    facts = {p.id: p.born_as_told or p.occupation or p.native_place for p in namesakes}
    known = Counter(facts.values())
    return {
        p.id: f"{p.full_name} ({fact if fact and known[fact] == 1 else p.id[-5:]})"
        for p in namesakes
        for fact in (facts[p.id],)
    }


def meant(db: Session, actor: Actor, text: str, *, is_sample: bool = False) -> Person:
    """The person that a typed name or label stands for; made when nobody has that name.

    A real interview never meets an invented person, nor an invented one a real person, so
    that the sample archive can be taken away without a trace.
    """
    access.require(actor, "manage_people")
    name = typed.line(text)
    bearers = named(db, name, is_sample=is_sample)
    if not bearers and name.endswith(")"):
        namesakes = named(db, name.rpartition(" (")[0], is_sample=is_sample)
        told = tell_apart(namesakes)
        bearers = [p for p in namesakes if told[p.id].casefold() == name.casefold()]
    if len(bearers) > 1:
        raise SeveralPeople(name=name, choices=list(tell_apart(bearers).values()))
    if bearers:
        return bearers[0]
    return add(db, actor, PersonFacts(full_name=name), is_sample=is_sample)


def counted(db: Session, actor: Actor) -> dict[str, int]:
    """In how many interviews each person has part, by id, as far as the actor may know."""
    query = (
        select(Contribution.person_id, func.count(Interview.id.distinct()))
        .join(Interview, Interview.id == Contribution.interview_id)
        .group_by(Contribution.person_id)
    )
    return {person_id: count for person_id, count in db.execute(access.visible(query, actor))}


def told_in(db: Session, actor: Actor, person: Person) -> list[Contribution]:
    """What the person has part in, as far as the actor may know of it."""
    query = (
        select(Contribution)
        .join(Interview, Interview.id == Contribution.interview_id)
        .where(Contribution.person_id == person.id)
        .order_by(Interview.accession, Contribution.role)
        .options(contains_eager(Contribution.interview))
    )
    return list(db.scalars(access.visible(query, actor)))


def fingerprint(person: Person) -> str:
    """The record as one line of text, so that a form notices that it has become old."""
    parts = [
        person.full_name, person.family_name, person.middle_name, person.given_name,
        person.honorific, person.born_as_told, person.born_edtf, person.native_place,
        person.occupation, person.biography,
        *(f"{n.name}/{n.kind}/{n.period}" for n in person.other_names),
    ]  # fmt: skip
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()


def _write(person: Person, facts: PersonFacts) -> None:
    full_name = typed.line(facts.full_name)
    if not full_name:
        raise PersonNameMissing
    if len(full_name) > LONGEST_NAME:
        raise PersonNameRefused(name=full_name[:40])
    guess = names.split_name(full_name)
    given = _short("given_name", facts.given_name)
    family = _short("family_name", facts.family_name)
    middle = _short("middle_name", facts.middle_name)
    parts = names.NameParts(family, middle, given) if given else guess
    values = {
        "full_name": full_name,
        "family_name": parts.family,
        "middle_name": parts.middle,
        "given_name": parts.given,
        "sort_key": names.person_key(parts),
        "honorific": _short("honorific", facts.honorific),
        "born_as_told": _short("born_as_told", facts.born_as_told),
        "born_edtf": _edtf(facts.born_edtf),
        "native_place": _short("native_place", facts.native_place),
        "occupation": _short("occupation", facts.occupation),
        "biography": typed.paragraphs(facts.biography),
    }
    if len(values["biography"]) > LONGEST_TEXT:
        raise PersonTooLong(field="biography", longest=LONGEST_TEXT)
    for name, value in values.items():
        setattr(person, name, value)
    _write_names(person, facts.other_names)


def _short(field_name: str, text: str) -> str:
    text = typed.line(text)
    longest = SHORT.get(field_name, LONGEST_LINE)
    if len(text) > longest:
        raise PersonTooLong(field=field_name, longest=longest)
    return text


def _write_names(person: Person, wanted: Sequence[OtherName]) -> None:
    kept = [
        PersonName(
            name=_short("other_name", other.name),
            kind=other.kind if other.kind in NAME_KINDS else "common",
            period=_short("other_name", other.period),
            position=position,
        )
        for position, other in enumerate(wanted[:MOST_NAMES])
        if typed.line(other.name)
    ]
    person.other_names = kept


def _edtf(text: str) -> str:
    text = typed.line(text)
    if not text:
        return ""
    try:
        return dates.parse(text).edtf
    except dates.NotADate as error:
        raise BirthRefused(text=error.text) from error
