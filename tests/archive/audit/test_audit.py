"""Audit events: follow-up jobs, and detection of changes by the hash chain."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from archive import audit, queue
from archive.access import machine
from archive.audit import chain
from archive.db import Database
from archive.jobs.registry import JOBS
from archive.models import (
    ChainHead,
    Collection,
    Contribution,
    Event,
    Interview,
    Job,
    Outbox,
    Person,
    Place,
)
from archive.models.base import utc_now
from archive.models.vocabulary import LANES, EventKind
from tests.support.events import bare_event, details_of, record_event

THREADS, EACH = 6, 10
ACTOR = machine("test")
# Events about a record that several interviews show.
SHARED_SUBJECTS: dict[EventKind, Callable[[], Person | Place | Collection]] = {
    "person.described": lambda: Person(full_name="Lê An", given_name="An", sort_key="an"),
    "person.merge_undone": lambda: Person(full_name="Lê An", given_name="An", sort_key="an"),
    "person.merged": lambda: Person(full_name="Lê An", given_name="An", sort_key="an"),
    "place.described": lambda: Place(code="q4", name="Quận 4"),
    "collection.described": lambda: Collection(code="D5", title="Quận 5"),
}


def show(interview: Interview, subject: Person | Place | Collection) -> None:
    """Make the interview show the record."""
    if isinstance(subject, Person):
        interview.contributions.append(Contribution(person=subject, role="witness"))
    elif isinstance(subject, Place):
        interview.place = subject
    else:
        interview.collection = subject


def interview(db: Session, accession: str = "LK-1") -> Interview:
    row = Interview(accession=accession, title="Chuyện đời")
    db.add(row)
    db.flush()
    return row


@pytest.fixture
def numbers(database: Database) -> list[int]:
    """Five events about one interview, by number."""
    with database.writing() as db:
        owner = interview(db)
        return [
            audit.record(db, ACTOR, "contents.added", owner, title=name).number
            for name in ("title", "ngày", "nơi", "people", "audience")
        ]


def first_broken_link(database: Database) -> int | None:
    with database.reading() as db:
        return audit.verify_chain(db)


def test_verify_chain_is_the_same_in_the_zone_of_any_server(
    database: Database, numbers: list[int]
) -> None:
    """PostgreSQL answers in the zone of its server, which is that of the office."""
    with database.reading() as db:
        if database.name == "postgresql":
            db.execute(text("SET TIME ZONE 'Asia/Ho_Chi_Minh'"))
        assert audit.verify_chain(db) is None
        assert {event.at.utcoffset() for event in db.query(Event)} == {timedelta(0)}


def test_verify_chain_of_unchanged_events_is_none(database: Database, numbers: list[int]) -> None:
    assert first_broken_link(database) is None


@pytest.mark.parametrize(
    "change",
    [
        {"detail": {"title": "another"}},
        {"actor_name": "Another user"},
        {"actor_id": "01"},
        {"kind": "interview.removed"},
        {"subject_kind": "person"},
        {"subject_id": "01"},
        {"interview_id": ""},
        {"outcome": "failure"},
        {"at": utc_now()},
        {"digest": "0" * 64},
        {"previous_digest": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_verify_chain_finds_changed_row(
    database: Database, numbers: list[int], change: dict[str, object]
) -> None:
    with database.writing() as db:
        values = dict(change)
        if "at" in values:
            values["at"] = db.get_one(Event, numbers[2]).at.replace(year=1999)
        db.execute(update(Event).where(Event.number == numbers[2]).values(**values))
    assert first_broken_link(database) == numbers[2]


def test_verify_chain_finds_row_after_one_with_forged_digest(
    database: Database, numbers: list[int]
) -> None:
    with database.writing() as db:
        forged = db.get_one(Event, numbers[2])
        forged.actor_name = "Another user"
        forged.digest = chain.digest_of(forged)
    assert first_broken_link(database) == numbers[3]


def test_verify_chain_finds_row_after_a_deleted_one(database: Database, numbers: list[int]) -> None:
    with database.writing() as db:
        db.execute(delete(Event).where(Event.number == numbers[2]))
    assert first_broken_link(database) == numbers[3]


@pytest.mark.parametrize("with_head", [False, True], ids=["head-left", "head-too"])
def test_verify_chain_finds_missing_last_rows(
    database: Database, numbers: list[int], with_head: bool
) -> None:
    with database.writing() as db:
        db.execute(delete(Event).where(Event.number >= numbers[3]))
        if with_head:
            db.execute(delete(ChainHead))
    assert first_broken_link(database) == -1


def test_verify_chain_finds_inserted_row(database: Database, numbers: list[int]) -> None:
    with database.writing() as db:
        last = db.get_one(Event, numbers[4])
        forged = Event(
            number=numbers[4] + 1,
            kind="interview.described",
            subject_kind="interview",
            subject_id=last.subject_id,
            previous_digest="0" * 64,
            digest="0" * 64,
        )
        db.add(forged)
    assert first_broken_link(database) == numbers[4] + 1


def test_verify_chain_finds_inserted_row_with_valid_digest(
    database: Database, numbers: list[int]
) -> None:
    with database.writing() as db:
        last = db.get_one(Event, numbers[4])
        forged = bare_event({})
        forged.number, forged.previous_digest = numbers[4] + 1, last.digest
        forged.digest = chain.digest_of(forged)
        db.add(forged)
    assert first_broken_link(database) == -1


def test_record_by_many_writers_keeps_one_chain(database: Database) -> None:
    with database.writing() as db:
        owner_id = interview(db).id
        before = len(db.scalars(select(Event.number)).all())
    gate = threading.Barrier(THREADS)
    raised: list[BaseException] = []

    def write(number: int) -> None:
        gate.wait()
        try:
            for step in range(EACH):
                with database.writing() as db:
                    owner = db.get_one(Interview, owner_id)
                    audit.record(
                        db, ACTOR, "transcript.edited", owner, how=f"{number}:{step}", segments=[]
                    )
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    assert first_broken_link(database) is None
    with database.reading() as db:
        events = db.scalars(select(Event).order_by(Event.number)).all()[before:]
        assert len({e.detail["how"] for e in events}) == THREADS * EACH
        assert db.query(Outbox).count() == THREADS * EACH


def test_record_of_first_events_at_once_keeps_one_chain(database: Database) -> None:
    with database.writing() as db:
        owner_id = interview(db).id
        db.execute(delete(Event))
        db.execute(delete(ChainHead))
    gate = threading.Barrier(2)
    raised: list[BaseException] = []

    def write() -> None:
        gate.wait()
        try:
            with database.writing() as db:
                audit.record(db, ACTOR, "interview.redacted", db.get_one(Interview, owner_id))
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    assert first_broken_link(database) is None


def test_record_after_another_session_wrote_keeps_the_chain(database: Database) -> None:
    with database.writer() as mine:
        owner = interview(mine)
        audit.record(mine, ACTOR, "interview.redacted", owner)
        kept = mine.get(ChainHead, 1)
        mine.commit()
        with database.writing() as other:
            audit.record(other, ACTOR, "interview.redacted", other.get_one(Interview, owner.id))
        audit.record(mine, ACTOR, "interview.redacted", owner)
        mine.commit()
        assert kept is not None
    assert first_broken_link(database) is None


def _count(database: Database) -> tuple[int, int, int]:
    with database.reading() as db:
        return db.query(Event).count(), db.query(Outbox).count(), db.query(Job).count()


@pytest.mark.parametrize("kind", sorted(set(audit.FOLLOW_UPS) - SHARED_SUBJECTS.keys()))
def test_record_writes_event_and_follow_ups_in_one_transaction(
    database: Database, kind: EventKind
) -> None:
    with database.writing() as db:
        owner_id = interview(db).id
    before = _count(database)
    with database.writing() as db:
        record_event(db, ACTOR, kind, db.get_one(Interview, owner_id))
        db.rollback()
    assert _count(database) == before
    with database.writing() as db:
        record_event(db, ACTOR, kind, db.get_one(Interview, owner_id))
        record_event(db, ACTOR, kind, db.get_one(Interview, owner_id))
    with database.reading() as db:
        jobs = sorted(job.kind for job in db.query(Job))
        outbox = [row.reason for row in db.query(Outbox)]
    assert jobs == sorted(follow_up.kind for follow_up in audit.FOLLOW_UPS[kind])
    assert outbox == ([kind, kind] if "index" in jobs else [])


@pytest.mark.parametrize("kind", sorted(SHARED_SUBJECTS))
def test_record_of_shared_record_indexes_its_interviews(
    database: Database, kind: EventKind
) -> None:
    with database.writing() as db:
        subject = SHARED_SUBJECTS[kind]()
        db.add(subject)
        db.flush()
        showing = [interview(db, accession) for accession in ("LK-1", "LK-2")]
        interview(db, "LK-3")
        for one in showing:
            show(one, subject)
        db.flush()
        audit.record(db, ACTOR, kind, subject, **details_of(kind))
        ids = sorted(one.id for one in showing)
    with database.reading() as db:
        assert sorted(db.scalars(select(Outbox.interview_id))) == ids
        assert set(db.scalars(select(Outbox.reason))) == {kind}
        assert [job.kind for job in db.query(Job)] == ["index"]


def test_record_of_unused_record_indexes_nothing(database: Database) -> None:
    events, *_others = _count(database)
    with database.writing() as db:
        person = SHARED_SUBJECTS["person.described"]()
        db.add(person)
        db.flush()
        audit.record(db, ACTOR, "person.described", person)
    assert _count(database) == (events + 1, 0, 0)


def test_follow_ups_have_a_registered_job() -> None:
    called = {follow_up.kind for those in audit.FOLLOW_UPS.values() for follow_up in those}
    assert called <= set(JOBS)


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
_details = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


def test_digest_of_any_detail_is_equal_after_reading(database: Database) -> None:
    """JSONB sorts keys and rewrites numbers; the chain must not break over that."""

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(_details)
    def write(detail: object) -> None:
        with database.writing() as db:
            event = bare_event({"told": detail})
            chain.append(db, event)
            written = event.digest
            db.expire(event)
            assert chain.digest_of(event) == written
            db.rollback()

    write()


def test_record_during_index_job_enqueues_another(database: Database) -> None:
    """A running index job does not cover later changes."""
    with database.writing() as db:
        owner = interview(db)
        record_event(db, ACTOR, "interview.described", owner)
    with database.writing() as db:
        assert queue.claim(db, LANES, worker="w", lease_s=60) is not None
    with database.writing() as db:
        record_event(db, ACTOR, "interview.described", db.get_one(Interview, owner.id))
        assert db.query(Job).filter_by(kind="index").count() == 2


def test_follow_ups_that_read_files_use_the_files_lane() -> None:
    lanes = {follow.kind: follow.lane for many in audit.FOLLOW_UPS.values() for follow in many}
    assert lanes == {"index": "light", "derive": "files", "check_fixity": "files"}
