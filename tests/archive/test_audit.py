"""The chain of events: written with its cause, and whoever changes it later is found out."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from archive import audit, queue
from archive.access import machine
from archive.db import Database
from archive.jobs.registry import JOBS
from archive.models import ChainHead, Event, Interview, Job, Outbox
from archive.models.base import utc_now

THREADS, EACH = 6, 10
ACTOR = machine("test")


def interview(db: Session, accession: str = "LK-1") -> Interview:
    row = Interview(accession=accession, title="Chuyện đời")
    db.add(row)
    db.flush()
    return row


@pytest.fixture
def told(database: Database) -> list[int]:
    """Five events about one interview; gives their numbers."""
    with database.writing() as db:
        owner = interview(db)
        return [
            audit.record(db, ACTOR, "interview.described", owner, field=name).number
            for name in ("title", "ngày", "nơi", "people", "audience")
        ]


def broken(database: Database) -> int | None:
    with database.reading() as db:
        return audit.first_broken_link(db)


def test_an_untouched_chain_holds(database: Database, told: list[int]) -> None:
    assert broken(database) is None


@pytest.mark.parametrize(
    "change",
    [
        {"detail": {"field": "another"}},
        {"actor_name": "Somebody else"},
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
def test_a_changed_row_is_named(
    database: Database, told: list[int], change: dict[str, object]
) -> None:
    with database.writing() as db:
        values = dict(change)
        if "at" in values:
            values["at"] = db.get_one(Event, told[2]).at.replace(year=1999)
        db.execute(update(Event).where(Event.number == told[2]).values(**values))
    assert broken(database) == told[2]


def test_a_row_changed_together_with_its_digest_is_found_at_the_next(
    database: Database, told: list[int]
) -> None:
    with database.writing() as db:
        forged = db.get_one(Event, told[2])
        forged.actor_name = "Somebody else"
        forged.digest = audit._digest(forged)
    assert broken(database) == told[3]


def test_a_removed_row_is_found_at_the_next(database: Database, told: list[int]) -> None:
    with database.writing() as db:
        db.execute(delete(Event).where(Event.number == told[2]))
    assert broken(database) == told[3]


@pytest.mark.parametrize("with_head", [False, True], ids=["head-left", "head-too"])
def test_the_last_rows_cannot_be_cut_off(
    database: Database, told: list[int], with_head: bool
) -> None:
    with database.writing() as db:
        db.execute(delete(Event).where(Event.number >= told[3]))
        if with_head:
            db.execute(delete(ChainHead))
    assert broken(database) == -1


def test_an_inserted_row_is_named(database: Database, told: list[int]) -> None:
    with database.writing() as db:
        last = db.get_one(Event, told[4])
        forged = Event(
            number=told[4] + 1, kind="interview.described", subject_kind="interview",
            subject_id=last.subject_id, previous_digest="0" * 64, digest="0" * 64,
        )  # fmt: skip
        db.add(forged)
    assert broken(database) == told[4] + 1


def test_an_inserted_row_that_fits_is_found_at_the_end(database: Database, told: list[int]) -> None:
    with database.writing() as db:
        last = db.get_one(Event, told[4])
        forged = Event(
            number=told[4] + 1, id="01H0000000000000000000000X", at=utc_now(), actor_id="",
            actor_name="", kind="x", subject_kind="interview", subject_id="", interview_id="",
            outcome="success", detail={}, previous_digest=last.digest, digest="",
        )  # fmt: skip
        forged.digest = audit._digest(forged)
        db.add(forged)
    assert broken(database) == -1


def test_many_writers_keep_one_chain(database: Database) -> None:
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
                    audit.record(db, ACTOR, "interview.described", owner, by=number, step=step)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    assert broken(database) is None
    with database.reading() as db:
        events = db.scalars(select(Event).order_by(Event.number)).all()[before:]
        assert len({(e.detail["by"], e.detail["step"]) for e in events}) == THREADS * EACH
        assert db.query(Outbox).count() == THREADS * EACH


def test_the_first_events_of_all_may_come_at_once(database: Database) -> None:
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
                audit.record(db, ACTOR, "x", db.get_one(Interview, owner_id))
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    assert broken(database) is None


def test_a_session_that_goes_on_after_another_wrote_keeps_the_chain(database: Database) -> None:
    with database.writer() as mine:
        owner = interview(mine)
        audit.record(mine, ACTOR, "x", owner)
        kept = mine.get(ChainHead, 1)
        mine.commit()
        with database.writing() as other:
            audit.record(other, ACTOR, "x", other.get_one(Interview, owner.id))
        audit.record(mine, ACTOR, "x", owner)
        mine.commit()
        assert kept is not None
    assert broken(database) is None


def _count(database: Database) -> tuple[int, int, int]:
    with database.reading() as db:
        return db.query(Event).count(), db.query(Outbox).count(), db.query(Job).count()


@pytest.mark.parametrize("kind", sorted(audit.FOLLOW_UPS))
def test_what_follows_is_written_with_its_cause_or_not_at_all(
    database: Database, kind: str
) -> None:
    with database.writing() as db:
        owner_id = interview(db).id
    before = _count(database)
    with database.writing() as db:
        audit.record(db, ACTOR, kind, db.get_one(Interview, owner_id))
        db.rollback()
    assert _count(database) == before
    with database.writing() as db:
        audit.record(db, ACTOR, kind, db.get_one(Interview, owner_id))
        audit.record(db, ACTOR, kind, db.get_one(Interview, owner_id))
    with database.reading() as db:
        jobs = sorted(job.kind for job in db.query(Job))
        outbox = [row.reason for row in db.query(Outbox)]
    assert jobs == sorted(follow_up.kind for follow_up in audit.FOLLOW_UPS[kind])
    assert outbox == ([kind, kind] if "index" in jobs else [])


def test_every_job_that_follows_is_known_to_the_worker() -> None:
    called = {follow_up.kind for those in audit.FOLLOW_UPS.values() for follow_up in those}
    assert called <= set(JOBS)


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
_numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
_details = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


def test_whatever_is_told_has_the_same_digest_when_read_again(database: Database) -> None:
    """JSONB sorts keys and rewrites numbers; the chain must not break over that."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(_details)
    def write(detail: object) -> None:
        with database.writing() as db:
            event = audit.record(db, ACTOR, "x", interview(db, accession="LK-H"), told=detail)
            written = event.digest
            db.expire(event)
            assert audit._digest(event) == written
            db.rollback()

    write()


def test_the_same_key_counts_twice_when_the_first_was_taken(database: Database) -> None:
    """An index job that runs already does not stand for what was changed since."""
    with database.writing() as db:
        owner = interview(db)
        audit.record(db, ACTOR, "interview.described", owner)
    with database.writing() as db:
        assert queue.claim(db, queue.LANES, worker="w", lease_s=60) is not None
    with database.writing() as db:
        audit.record(db, ACTOR, "interview.described", db.get_one(Interview, owner.id))
        assert db.query(Job).filter_by(kind="index").count() == 2


def test_what_reads_whole_files_never_holds_up_what_a_person_waits_for() -> None:
    lanes = {follow.kind: follow.lane for many in audit.FOLLOW_UPS.values() for follow in many}
    assert lanes == {"index": "light", "derive": "files", "check_fixity": "files"}
