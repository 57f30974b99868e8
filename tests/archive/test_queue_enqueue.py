"""Enqueue: the stored job, and one queued job per key."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from archive import queue
from archive.db import Database
from archive.models import Job
from archive.models.base import new_id
from tests.archive.test_queue import THREADS, add, claimed, run_in_threads


def test_enqueue_allows_five_attempts_by_default(database: Database) -> None:
    add(database, "a")
    assert claimed(database).attempts_allowed == 5


@pytest.mark.parametrize("unique_key", ["", "index"])
def test_enqueue_returns_the_job_as_it_is_stored(database: Database, unique_key: str) -> None:
    with database.writing() as db:
        queued = queue.enqueue(db, "a", unique_key=unique_key)
        assert (queued.state, queued.attempts, queued.progress) == ("queued", 0, 0.0)


def test_enqueue_with_key_for_unknown_interview_raises_the_error_of_the_database(
    database: Database,
) -> None:
    """The repetition for a key queued at the same time must not hide another error."""
    with pytest.raises(IntegrityError), database.writing() as db:
        queue.enqueue(db, "a", unique_key="index", interview_id=new_id())


def test_enqueue_with_key_is_unique_among_queued_jobs(database: Database) -> None:
    [first] = add(database, "index", unique_key="index")
    assert add(database, "index", unique_key="index") == [first]
    claimed(database)
    [behind] = add(database, "index", unique_key="index")
    assert behind != first
    assert add(database, "index", unique_key="index") == [behind]
    assert len(set(add(database, "a", "b"))) == 2  # without a key each is its own


def test_enqueue_of_one_key_by_many_threads_returns_one_job(database: Database) -> None:
    given: list[str] = []
    run_in_threads(lambda _number: given.extend(add(database, "index", unique_key="index")))
    with database.reading() as db:
        [job_id] = db.scalars(select(Job.id))
    assert given == [job_id] * THREADS
