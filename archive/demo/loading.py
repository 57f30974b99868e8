"""Load the sample archive with the ordinary actions.

Idempotent, also after a kill: existing records are left unchanged. Each interview is one
transaction; its files are ingested afterwards. The recordings are queued for the demo
model, so that the worker transcribes them while a visitor watches.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import audit
from archive.access import Refused, Rights
from archive.actions.accounts import accounts
from archive.actions.catalogue import accessions, collections, interviews, people
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.people import OtherName, PersonFacts
from archive.actions.holdings import local_ingest
from archive.actions.speech import runs
from archive.actions.speech.runs import TranscriptionOptions
from archive.demo import transcripts
from archive.demo.sample_files import SampleArchive, SampleInterview, read_sample
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

_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # no signs that look alike in print
SAMPLE_PRIORITY = -20
OnProgress = Callable[[float], None]


class SampleNameTaken(Refused):
    """A record of the office has a `name` that the sample needs; nothing was changed."""

    code = "sample_in_the_way"


@dataclass(frozen=True, kw_only=True)
class LoadedAccount:
    """An account of the sample with its new password, which is returned only once."""

    role: str
    name: str
    email: str
    password: str


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """The accounts and interviews of the sample; `added` counts the new interviews."""

    accounts: list[LoadedAccount]
    interviews: list[str]
    added: int


def load(
    toolbox: Toolbox, rights: Rights, *, on_progress: OnProgress = lambda _share: None
) -> LoadResult:
    """Load or complete the sample; `on_progress` is called with the fraction done.

    The accounts get new passwords each time, which only the result contains. Raises
    SampleNameTaken before anything is changed.
    """
    sample = read_sample()
    with toolbox.database.writing() as db:
        _check_names_are_free(db, sample)
        loaded_accounts = _load_accounts(db, rights, sample)
        _add_records(db, rights, sample)
    added = 0
    # Interviews with sound are added last, to be the newest, and their files are ingested first.
    for interview in reversed(sample.interviews):
        added += _add_interview(toolbox, sample, interview)
    for number, interview in enumerate(sample.interviews):
        on_progress(number / len(sample.interviews))
        _ingest_files(toolbox, rights, interview)
        if interview.sound is not None:
            _request_transcription(toolbox, rights, interview)
    if added:
        with toolbox.database.writing() as db:
            subject = db.scalars(select(Collection).where(Collection.is_sample)).first()
            assert subject is not None
            audit.record(db, rights.actor, "sample.loaded", subject, interviews=added)
    return LoadResult(
        accounts=loaded_accounts, interviews=[i.accession for i in sample.interviews], added=added
    )


def fresh_password() -> str:
    """Return a random password of four groups of four signs (79 bits), easy to copy by hand."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4))


def _check_names_are_free(db: Session, sample: SampleArchive) -> None:
    """Raise SampleNameTaken if a record of the office has a name of the sample."""
    taken: list[str | None] = [
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
            i.accession
            for i in sample.interviews
            if (found := accessions.with_number(db, i.accession)) is not None
            and not found.is_sample
        ),
    ]
    for name in filter(None, taken):
        raise SampleNameTaken(name=name)


def _load_accounts(db: Session, rights: Rights, sample: SampleArchive) -> list[LoadedAccount]:
    loaded_accounts = []
    for account in sample.accounts:
        password = fresh_password()
        user = accounts.by_email(db, account.email)
        if user is None:
            accounts.add(
                db,
                rights,
                email=account.email,
                name=account.name,
                role=account.role,
                password=password,
                is_sample=True,
            )
        else:
            accounts.set_password(db, rights, user, password)
            if (
                not user.is_active
            ):  # closed when the sample was removed, and kept because events refer to it
                accounts.update(db, rights, user, name=user.name, role=account.role, is_active=True)
        loaded_accounts.append(
            LoadedAccount(
                role=account.role, name=account.name, email=account.email, password=password
            )
        )
    return loaded_accounts


def _add_records(db: Session, rights: Rights, sample: SampleArchive) -> None:
    """Add the collections, places and people that are missing."""
    for collection in sample.collections:
        if collections.by_code(db, collection.code) is None:
            collections.add(
                db,
                rights,
                code=collection.code,
                title=collection.title,
                summary=collection.summary,
                is_sample=True,
            )
    for place in sample.places:
        if _place(db, place.code) is None:
            within = _place(db, place.within) if place.within else None
            db.add(
                Place(
                    code=place.code,
                    name=place.name,
                    other_names=place.other_names,
                    kind=place.kind,
                    valid_from=place.valid_from,
                    valid_to=place.valid_to,
                    within_id=within.id if within else None,
                    note=place.note,
                    is_sample=True,
                )
            )
            db.flush()
    for person in sample.people.values():
        if _person(db, person.full_name) is None:
            aliases = [OtherName(name=person.order_name, kind="order")] if person.order_name else []
            facts = PersonFacts(
                full_name=person.full_name,
                honorific=person.honorific,
                born_as_told=person.born_as_told,
                born_edtf=person.born_edtf,
                native_place=person.native_place,
                occupation=person.occupation,
                biography=person.biography,
                other_names=aliases,
            )
            people.add(db, rights, facts, is_sample=True)


def _add_interview(
    toolbox: Toolbox, sample: SampleArchive, sample_interview: SampleInterview
) -> bool:
    """Add one interview with index points and transcript; return False if it exists."""
    with toolbox.database.writing() as db:
        if interviews.by_accession(db, sample_interview.accession) is not None:
            return False
        _store_interview(toolbox, db, sample, sample_interview)
        return True


def _store_interview(
    toolbox: Toolbox, db: Session, sample: SampleArchive, sample_interview: SampleInterview
) -> None:
    staff = transcripts.staff_by_role(db, sample, toolbox.settings)
    description = Description(
        title=sample_interview.title,
        collection=collections.by_optional_code(db, sample_interview.collection),
        witnesses=_people(db, sample, sample_interview.witnesses),
        interviewers=_people(db, sample, sample_interview.interviewers),
        languages=sample_interview.languages,
        held_as_told=sample_interview.held_as_told,
        held_edtf=sample_interview.held_edtf,
        told_from_year=sample_interview.told_from_year,
        told_to_year=sample_interview.told_to_year,
        place_as_told=sample_interview.place_as_told,
        place=_place(db, sample_interview.place),
        abstract=sample_interview.abstract,
        keywords=sample_interview.keywords,
        audience=sample_interview.audience,
        plate=sample_interview.plate,
    )
    interview = interviews.create(
        db, staff["historian"], description, accession=sample_interview.accession, is_sample=True
    )
    for point in sample_interview.contents:
        db.add(
            Annotation(
                interview_id=interview.id,
                kind="index_point",
                start_ms=point.at_ms,
                title=point.title,
                body=point.body,
                author_id=staff["historian"].actor.user_id,
            )
        )
    if sample_interview.text is not None:
        transcripts.add_transcript(db, staff, interview, sample_interview.text)


def _ingest_files(toolbox: Toolbox, rights: Rights, sample_interview: SampleInterview) -> None:
    with toolbox.database.reading() as db:
        existing = set(
            db.scalars(
                select(MediaFile.filename)
                .join(Interview, Interview.id == MediaFile.interview_id)
                .where(
                    Interview.accession == sample_interview.accession, MediaFile.role == "original"
                )
            )
        )
    for path in sample_interview.files:
        if path.name not in existing:
            local_ingest.ingest_file(toolbox, rights, sample_interview.accession, path=path)


def _request_transcription(
    toolbox: Toolbox, rights: Rights, sample_interview: SampleInterview
) -> None:
    """Request one transcription with the demo model, which is never the default."""
    with toolbox.database.writing() as db:
        interview = interviews.by_accession(db, sample_interview.accession)
        assert interview is not None
        job_id = db.scalar(
            select(Job.id).where(Job.interview_id == interview.id, Job.kind == runs.JOB_KIND)
        )
        version_id = db.scalar(
            select(TranscriptVersion.id).where(TranscriptVersion.interview_id == interview.id)
        )
        if job_id is None and version_id is None:
            runs.request(
                db,
                rights,
                interview,
                TranscriptionOptions(
                    engine=DEMO.info.engine, model=DEMO.info.name, language=interview.language
                ),
                priority=SAMPLE_PRIORITY,
            )


def _people(db: Session, sample: SampleArchive, keys: Sequence[str]) -> list[Person]:
    found = [_person(db, sample.people[key].full_name) for key in keys]
    return [person for person in found if person is not None]


def _person(db: Session, full_name: str) -> Person | None:
    return db.scalar(select(Person).where(Person.full_name == full_name, Person.is_sample))


def _place(db: Session, code: str) -> Place | None:
    return db.scalar(select(Place).where(Place.code == code))
