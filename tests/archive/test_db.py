"""The database under several hands: no update is lost, and readers neither wait nor write."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from archive.db import BUSY_TIMEOUT_MS, Database
from archive.models import Contribution, Interview, Job
from archive.settings import Settings

THREADS, EACH = 6, 25
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def add(db: Session, accession: str) -> Interview:
    row = Interview(accession=accession, title="0")
    db.add(row)
    db.flush()
    return row


def count(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Interview)) or 0


def pragma(database: Database, name: str) -> object:
    with database.engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


@ON_SQLITE
def test_connection_has_the_pragmas(database: Database) -> None:
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "synchronous") == 2  # FULL
    assert pragma(database, "foreign_keys") == 1
    assert pragma(database, "busy_timeout") == BUSY_TIMEOUT_MS == 30_000


def test_writing_by_many_threads_loses_no_update(database: Database) -> None:
    """The driver's own BEGIN lost a fifth of these; PostgreSQL needs the row lock."""
    with database.writing() as db:
        add(db, "LK-1")
    gate = threading.Barrier(THREADS)

    def count_up() -> None:
        gate.wait()
        for _ in range(EACH):
            with database.writing() as db:
                row = db.scalars(select(Interview).with_for_update()).one()
                row.title = str(int(row.title) + 1)

    threads = [threading.Thread(target=count_up) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as db:
        assert db.scalar(select(Interview.title)) == str(THREADS * EACH)


@ON_SQLITE
def test_writing_locks_at_begin(database: Database, settings: Settings) -> None:
    other = sqlite3.connect(settings.home / "archive.db", timeout=0, isolation_level=None)
    with database.writing() as db:
        assert count(db) == 0  # a mere read, in a transaction that is going to write
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


@ON_SQLITE
def test_writing_waits_for_the_first_writer(database: Database) -> None:
    begun, order = threading.Event(), []

    def second() -> None:
        begun.set()
        with database.writing() as db:
            count(db)
            order.append("second")

    with database.writing() as db:
        add(db, "LK-1")
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(240)
        time.sleep(0.2)  # not to synchronise: to give the second every chance to be wrong
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_reading_during_a_write_sees_committed_rows(database: Database) -> None:
    with database.writing() as writer:
        add(writer, "LK-1")
        with database.reading() as reader:
            assert count(reader) == 0
    with database.reading() as reader:
        assert count(reader) == 1


def test_reading_sees_one_snapshot(database: Database) -> None:
    with database.reading() as reader:
        assert count(reader) == 0
        with database.writing() as writer:
            add(writer, "LK-1")
        assert count(reader) == 0


def test_reading_refuses_writes(database: Database) -> None:
    with database.reading() as db, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        add(db, "LK-1")
    with database.reading() as db, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        db.execute(text("DELETE FROM interview"))
    with database.reader() as db, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        add(db, "LK-1")
    # The same connections write again in other hands.
    for number in range(30):
        with database.writing() as db:
            add(db, f"LK-{number}")
        with database.reading() as db:
            assert count(db) == number + 1


def test_writing_with_exception_rolls_back(database: Database) -> None:
    def half() -> None:
        with database.writing() as db:
            add(db, "LK-1")
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        half()
    with database.reading() as db:
        assert count(db) == 0


def test_insert_with_dangling_foreign_key_is_refused(database: Database) -> None:
    with database.writing() as db:
        owner = add(db, "LK-1")
        db.add(Contribution(interview_id=owner.id, person_id="01NOBODY", role="witness"))
        with pytest.raises(IntegrityError):
            db.flush()
        db.rollback()


def test_delete_of_interview_cascades(database: Database) -> None:
    with database.writing() as db:
        owner = add(db, "LK-1")
        db.add(Job(kind="derive", interview_id=owner.id))
        db.flush()
        db.execute(text("DELETE FROM interview"))
        assert db.scalar(select(func.count()).select_from(Job)) == 0


def test_utc_datetime_is_read_aware_and_refuses_naive(database: Database) -> None:
    with database.writing() as db:
        row = add(db, "LK-1")
        created_at = row.created_at
        db.expire(row)
        assert row.created_at == created_at
        assert row.created_at.utcoffset() is not None
        row.created_at = created_at.replace(tzinfo=None)
        with pytest.raises(Exception, match="naive"):
            db.flush()
        db.rollback()
