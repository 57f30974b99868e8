"""Brings the sample archive in, by the same actions that people use.

Safe to run again, and after a kill: what is there already is left as it is. Each
interview is one transaction; its files go into the vault afterwards. The recordings are
queued for the demo model, so that the worker transcribes while one watches.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import audit
from archive.access import Actor, Refused
from archive.actions import accounts, collections, ingest, interviews, people, transcription
from archive.actions.interviews import Description
from archive.actions.people import OtherName, PersonFacts
from archive.actions.transcription import Wanted
from archive.demo import writing
from archive.demo.contents import SampleArchive, SampleInterview, read_all
from archive.models import (
    Annotation,
    Collection,
    Interview,
    Job,
    MediaFile,
    Person,
    Place,
    TranscriptVersion,
    User,
)
from archive.toolbox import Toolbox
from transcription.engines.demo import DEMO

_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another on paper
BEHIND_REAL_WORK = -20
Told = Callable[[float], None]


class SampleInTheWay(Refused):
    """Something of the office's own has the `name` that the sample needs: nothing was done."""

    code = "sample_in_the_way"


@dataclass(frozen=True, kw_only=True)
class OpenedAccount:
    """An account of the sample; `password` is known only to whoever asked for it, once."""

    role: str
    name: str
    email: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What is there now; `added` counts the interviews that were not there before."""

    accounts: list[OpenedAccount]
    interviews: list[str]
    added: int


def load(toolbox: Toolbox, actor: Actor, *, told: Told = lambda _share: None) -> Loaded:
    """Load the sample, or complete it; `told` hears how far it is, as a part of 1.

    The accounts get fresh passwords each time, which are in the answer and nowhere else.
    Raises SampleInTheWay before anything is changed.
    """
    sample = read_all()
    with toolbox.database.writing() as db:
        _look_for_obstacles(db, sample)
        opened = _open_accounts(db, actor, sample)
        _open_rooms(db, actor, sample)
    added = 0
    # Those with sound are described last, to be the newest, and have their files brought first.
    for interview in reversed(sample.interviews):
        added += _describe(toolbox, sample, interview)
    for number, interview in enumerate(sample.interviews):
        told(number / len(sample.interviews))
        _take_in_files(toolbox, actor, interview)
        if interview.sound is not None:
            _have_it_heard(toolbox, actor, interview)
    if added:
        with toolbox.database.writing() as db:
            subject = db.scalars(select(Collection).where(Collection.is_sample)).first()
            assert subject is not None
            audit.record(db, actor, "sample.loaded", subject, interviews=added)
    return Loaded(accounts=opened, interviews=[i.accession for i in sample.interviews], added=added)


def fresh_password() -> str:
    """Four groups of four signs: 79 bits, easy to copy from a screen to paper."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4))


def _look_for_obstacles(db: Session, sample: SampleArchive) -> None:
    """Our names are odd enough to be free; if one is not, it belongs to the office."""
    own: list[str | None] = [
        *(
            db.scalar(select(User.email).where(User.email == a.email, ~User.is_sample))
            for a in sample.accounts
        ),
        *(
            db.scalar(
                select(Collection.code).where(Collection.code == c.code, ~Collection.is_sample)
            )
            for c in sample.collections
        ),
        *(
            db.scalar(
                select(Interview.accession).where(
                    Interview.accession == i.accession, ~Interview.is_sample
                )
            )
            for i in sample.interviews
        ),
    ]
    for name in filter(None, own):
        raise SampleInTheWay(name=name)


def _open_accounts(db: Session, actor: Actor, sample: SampleArchive) -> list[OpenedAccount]:
    opened = []
    for wanted in sample.accounts:
        password = fresh_password()
        user = accounts.by_email(db, wanted.email)
        if user is None:
            accounts.add(
                db, actor, email=wanted.email, name=wanted.name, role=wanted.role,
                password=password, is_sample=True,
            )  # fmt: skip
        else:
            accounts.set_password(db, actor, user, password)
            if not user.is_active:  # closed when the sample was removed, but history names it
                accounts.change(db, actor, user, name=user.name, role=wanted.role, is_active=True)
        opened.append(
            OpenedAccount(role=wanted.role, name=wanted.name, email=wanted.email, password=password)
        )
    return opened


def _open_rooms(db: Session, actor: Actor, sample: SampleArchive) -> None:
    """Collections, places and people: whatever of them is not there yet."""
    for collection in sample.collections:
        if collections.by_code(db, collection.code) is None:
            collections.add(
                db, actor, code=collection.code, title=collection.title,
                summary=collection.summary, is_sample=True,
            )  # fmt: skip
    for place in sample.places:
        if _place(db, place.code) is None:
            within = _place(db, place.within) if place.within else None
            db.add(
                Place(
                    code=place.code, name=place.name, other_names=place.other_names,
                    kind=place.kind, valid_from=place.valid_from, valid_to=place.valid_to,
                    within_id=within.id if within else None, note=place.note, is_sample=True,
                )
            )  # fmt: skip
            db.flush()
    for person in sample.people.values():
        if _person(db, person.full_name) is None:
            aliases = [OtherName(name=person.order_name, kind="order")] if person.order_name else []
            facts = PersonFacts(
                full_name=person.full_name, honorific=person.honorific,
                born_as_told=person.born_as_told, born_edtf=person.born_edtf,
                native_place=person.native_place, occupation=person.occupation,
                biography=person.biography, other_names=aliases,
            )  # fmt: skip
            people.add(db, actor, facts, is_sample=True)


def _describe(toolbox: Toolbox, sample: SampleArchive, wanted: SampleInterview) -> bool:
    """One interview with its contents and its text; False when it was there already."""
    with toolbox.database.writing() as db:
        if interviews.by_accession(db, wanted.accession) is not None:
            return False
        _write(toolbox, db, sample, wanted)
        return True


def _write(toolbox: Toolbox, db: Session, sample: SampleArchive, wanted: SampleInterview) -> None:
    staff = writing.staff(db, sample, toolbox.settings)
    description = Description(
        title=wanted.title, collection=collections.chosen(db, wanted.collection),
        witnesses=_people(db, sample, wanted.witnesses),
        interviewers=_people(db, sample, wanted.interviewers),
        languages=wanted.languages, held_as_told=wanted.held_as_told,
        held_edtf=wanted.held_edtf, told_from_year=wanted.told_from_year,
        told_to_year=wanted.told_to_year, place_as_told=wanted.place_as_told,
        place=_place(db, wanted.place), abstract=wanted.abstract, keywords=wanted.keywords,
        audience=wanted.audience, plate=wanted.plate,
    )  # fmt: skip
    interview = interviews.create(
        db, staff["historian"], description, accession=wanted.accession, is_sample=True
    )
    for point in wanted.contents:
        db.add(
            Annotation(
                interview_id=interview.id, kind="index_point", start_ms=point.at_ms,
                title=point.title, body=point.body, author_id=staff["historian"].user_id,
            )
        )  # fmt: skip
    if wanted.text is not None:
        writing.write(db, staff, interview, wanted.text)


def _take_in_files(toolbox: Toolbox, actor: Actor, wanted: SampleInterview) -> None:
    with toolbox.database.reading() as db:
        here = set(
            db.scalars(
                select(MediaFile.filename)
                .join(Interview, Interview.id == MediaFile.interview_id)
                .where(Interview.accession == wanted.accession, MediaFile.role == "original")
            )
        )
    for path in wanted.files:
        if path.name not in here:
            ingest.ingest_file(toolbox, actor, wanted.accession, path=path)


def _have_it_heard(toolbox: Toolbox, actor: Actor, wanted: SampleInterview) -> None:
    """Ask once, by name for the demo model: it is never what a real recording gets unasked."""
    with toolbox.database.writing() as db:
        interview = interviews.by_accession(db, wanted.accession)
        assert interview is not None
        asked = db.scalar(
            select(Job.id).where(
                Job.interview_id == interview.id, Job.kind == transcription.JOB_KIND
            )
        )
        made = db.scalar(
            select(TranscriptVersion.id).where(TranscriptVersion.interview_id == interview.id)
        )
        if asked is None and made is None:
            transcription.request(
                db, actor, interview,
                Wanted(
                    engine=DEMO.info.engine, model=DEMO.info.name, language=interview.language
                ),
                priority=BEHIND_REAL_WORK,
            )  # fmt: skip


def _people(db: Session, sample: SampleArchive, keys: Sequence[str]) -> list[Person]:
    found = [_person(db, sample.people[key].full_name) for key in keys]
    return [person for person in found if person is not None]


def _person(db: Session, full_name: str) -> Person | None:
    return db.scalar(select(Person).where(Person.full_name == full_name, Person.is_sample))


def _place(db: Session, code: str) -> Place | None:
    return db.scalar(select(Place).where(Place.code == code))
