"""A clock that jumps by a year, either way, stops no job and keeps none running."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from archive import queue
from archive.db import Database
from archive.models import Job
from archive.models.base import utc_now
from archive.settings import Settings
from tests.archive.test_queue import add, change_job, claimed, job

YEAR = timedelta(days=365)


@pytest.mark.parametrize("state", ["queued", "waiting"])
@pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["stored ahead", "stored behind"])
def test_job_due_by_a_clock_that_was_wrong_is_claimed(
    database: Database, jump: timedelta, state: str
) -> None:
    [job_id] = add(database, "index", unique_key="index", run_after_at=utc_now() + jump)
    change_job(database, job_id, lambda _db, row: setattr(row, "state", state))
    with database.reading() as db:
        assert queue.has_claimable_job(db, ("light",))
    assert claimed(database).job_id == job_id


def test_save_after_a_wrong_clock_is_indexed(database: Database) -> None:
    """One key has one queued job: that of the wrong clock stood for all later saves."""
    [job_id] = add(database, "index", unique_key="index", run_after_at=utc_now() + YEAR)
    assert add(database, "index", unique_key="index") == [job_id]
    assert claimed(database).job_id == job_id


@pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["leased ahead", "leased behind"])
def test_lease_of_a_clock_that_was_wrong_has_expired(database: Database, jump: timedelta) -> None:
    [job_id] = add(database, "a")
    claimed(database)

    def move_lease(_db: Session, row: Job) -> None:
        assert row.lease_until_at is not None
        row.lease_until_at += jump

    change_job(database, job_id, move_lease)
    with database.writing() as db:
        assert queue.reconcile(db) == 1
    assert claimed(database).job_id == job_id


def test_longest_lease_and_longest_pause_are_believed(database: Database) -> None:
    [running, pausing] = add(database, "a", "b")
    assert claimed(database, lease_s=queue.LONGEST_LEASE.total_seconds()).job_id == running
    longest = queue.LONGEST_RETRY_DELAY - timedelta(seconds=5)
    change_job(
        database, pausing, lambda _db, row: setattr(row, "run_after_at", utc_now() + longest)
    )
    with database.writing() as db:
        assert queue.reconcile(db) == 0
    with database.reading() as db:
        assert not queue.has_claimable_job(db, ("light",))
    assert job(database, running).state == "running"


def test_longest_lease_is_the_limit_of_the_setting() -> None:
    longest_s = int(queue.LONGEST_LEASE.total_seconds())
    assert Settings.from_env({"LOIKE_LEASE_S": str(longest_s)}).lease_s == longest_s
    with pytest.raises(Exception, match="LOIKE_LEASE_S"):
        Settings.from_env({"LOIKE_LEASE_S": str(longest_s + 1)})
