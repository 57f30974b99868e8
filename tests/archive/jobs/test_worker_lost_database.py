"""A worker whose database does not answer: no attempt is used up, and one sentence is printed."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy import event as sql_event
from sqlalchemy.exc import OperationalError

from archive.archive_moved import ArchiveMoved
from archive.jobs.context import JobContext
from archive.jobs.registry import JOBS
from archive.jobs.worker import Worker
from archive.models import Job
from archive.models.vocabulary import LANES
from archive.queue import MOST_INTERRUPTIONS, enqueue
from archive.storage_faults import is_database_lost
from archive.toolbox import Toolbox
from tests.support.worker_process import wait_until

LONG_S = 240


@pytest.fixture
def kinds() -> Iterator[None]:
    handlers = dict(JOBS)
    yield
    JOBS.clear()
    JOBS.update(handlers)


def job_of(toolbox: Toolbox, job_id: str) -> Job:
    with toolbox.database.reading() as db:
        return db.get_one(Job, job_id)


def end_connections(toolbox: Toolbox) -> None:
    """End every connection of the database but this one, as a restart of the server does."""
    engine = create_engine(toolbox.settings.database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()


@pytest.mark.parametrize(
    "backend", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_attempt_that_lost_its_connection_does_not_count(toolbox: Toolbox, kinds: None) -> None:
    runs: list[int] = []

    def handler(context: JobContext) -> None:
        runs.append(context.lease.attempt)
        with context.checkpoint(is_progress=False) as db:
            if len(runs) == 1:
                end_connections(toolbox)
            db.execute(text("SELECT 1"))

    JOBS["test"] = handler
    with toolbox.database.writing() as db:
        job_id = enqueue(db, "test", attempts_allowed=1).id
    worker = Worker(toolbox)
    assert worker.run_one(LANES)
    row = job_of(toolbox, job_id)
    assert (row.state, row.attempts, row.interruptions, row.problem) == ("queued", 0, 1, "")
    worker.run_until_idle()
    row = job_of(toolbox, job_id)
    assert (row.state, row.attempts, runs) == ("done", 1, [1, 1])


@pytest.mark.sqlite_only
def test_locked_database_does_not_use_up_an_attempt(toolbox: Toolbox, kinds: None) -> None:
    """The file is really locked by another connection, longer than the handler waits."""

    def handler(_context: JobContext) -> None:
        other = sqlite3.connect(toolbox.settings.home / "archive.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        impatient = create_engine(toolbox.settings.database_url, connect_args={"timeout": 0})
        try:
            with impatient.begin() as connection:
                connection.execute(text("UPDATE job SET message = 'x'"))
        finally:
            other.close()
            impatient.dispose()

    JOBS["test"] = handler
    with toolbox.database.writing() as db:
        job_id = enqueue(db, "test", attempts_allowed=1).id
    assert Worker(toolbox).run_one(LANES)
    row = job_of(toolbox, job_id)
    assert (row.state, row.attempts, row.interruptions) == ("queued", 0, 1)


def test_wrong_query_uses_up_an_attempt(toolbox: Toolbox, kinds: None) -> None:
    """A fault of ours is not repeated for ever as a lost database."""

    def handler(context: JobContext) -> None:
        with context.reading() as db:
            db.execute(text("SELECT nothing FROM nowhere"))

    JOBS["test"] = handler
    with toolbox.database.writing() as db:
        job_id = enqueue(db, "test", attempts_allowed=1).id
    assert Worker(toolbox).run_one(LANES)
    row = job_of(toolbox, job_id)
    assert (row.state, row.problem, row.interruptions) == ("failed", "unexpected", 0)


def test_moved_database_is_a_lost_one() -> None:
    assert is_database_lost(ArchiveMoved("archive.db"), "sqlite:///archive.db")
    assert not is_database_lost(ValueError("a bug"), "sqlite:///archive.db")


@pytest.mark.sqlite_only
def test_outage_is_reported_once_and_its_end_too(
    toolbox: Toolbox, kinds: None, caplog: pytest.LogCaptureFixture
) -> None:
    is_down, queries = threading.Event(), threading.Semaphore(0)

    @sql_event.listens_for(toolbox.database.engine, "before_cursor_execute")
    def _refuse(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if is_down.is_set() and "FROM job" in statement:
            queries.release()
            raise OperationalError(statement, {}, Exception("the server went away"))

    JOBS["test"] = lambda _context: {"made": 1}
    is_down.set()
    worker = Worker(toolbox)
    thread = threading.Thread(target=worker.run_forever)
    with caplog.at_level(logging.WARNING):
        thread.start()
        for _query in range(6):  # each of three lanes twice
            assert queries.acquire(timeout=LONG_S)
        is_down.clear()
        with toolbox.database.writing() as db:
            job_id = enqueue(db, "test").id
        wait_until(lambda: job_of(toolbox, job_id).state == "done" or None)
        wait_until(lambda: "answers again" in caplog.text or None)
        worker.stop()
        thread.join(LONG_S)
    lines = [record.getMessage() for record in caplog.records]
    assert len([line for line in lines if "the server went away" in line]) == 1
    assert lines.count("The database answers again.") == 1
    assert [record for record in caplog.records if record.exc_info] == []


def test_database_that_is_lost_in_every_run_makes_the_job_wait(
    toolbox: Toolbox, kinds: None
) -> None:
    def handler(_context: JobContext) -> None:
        raise OperationalError("SELECT 1", {}, Exception("the disk is full"))

    JOBS["test"] = handler
    with toolbox.database.writing() as db:
        job_id = enqueue(db, "test").id
        db.get_one(Job, job_id).interruptions = MOST_INTERRUPTIONS - 1
    assert Worker(toolbox).run_one(LANES)
    row = job_of(toolbox, job_id)
    assert (row.state, row.problem) == ("waiting", "interrupted_too_often")
