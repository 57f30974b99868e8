"""Kills and lost databases are counted apart from attempts; ten without progress need a person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from archive import queue
from archive.db import Database
from archive.models import Job
from archive.models.base import utc_now
from archive.queue import MOST_INTERRUPTIONS, LeaseLost
from tests.archive.test_queue import add, change_job, claim, claimed, expire_lease, job


def kill_worker(database: Database, job_id: str) -> None:
    """Let the lease of a running job expire, and take the job back."""
    expire_lease(database, job_id)
    with database.writing() as db:
        assert queue.reconcile(db) == 1


def test_killed_attempts_do_not_count(database: Database) -> None:
    [job_id] = add(database, "a", attempts_allowed=3)
    for _kill in range(MOST_INTERRUPTIONS - 1):
        assert claimed(database).attempt == 1
        kill_worker(database, job_id)
    row = job(database, job_id)
    assert (row.state, row.attempts, row.interruptions) == ("queued", 0, MOST_INTERRUPTIONS - 1)


def test_kills_between_errors_leave_all_attempts(database: Database) -> None:
    """Three attempts that fail by themselves end the job, however many kills lie in between."""
    [job_id] = add(database, "a", attempts_allowed=3)
    for attempt in (1, 2, 3):
        for _kill in range(2):
            claimed(database)
            kill_worker(database, job_id)
        lease = claimed(database)
        assert lease.attempt == attempt
        with database.writing() as db:
            queue.fail(db, lease, problem="busy", detail={}, final=False)
        change_job(database, job_id, lambda _db, row: setattr(row, "run_after_at", utc_now()))
    assert job(database, job_id).state == "failed"


def test_tenth_kill_without_progress_makes_the_job_wait_for_a_person(database: Database) -> None:
    [job_id] = add(database, "a")
    for _kill in range(MOST_INTERRUPTIONS):
        claimed(database)
        kill_worker(database, job_id)
    row = job(database, job_id)
    assert MOST_INTERRUPTIONS == 10
    assert (row.state, row.problem, row.attempts) == ("waiting", "interrupted_too_often", 0)
    with database.reading() as db:
        assert not queue.has_claimable_job(db, ("light",))
    assert claim(database) is None
    change_job(database, job_id, queue.retry)
    assert claimed(database).job_id == job_id
    kill_worker(database, job_id)
    assert (job(database, job_id).state, job(database, job_id).interruptions) == ("queued", 1)


@pytest.mark.parametrize("step", ["progress", "checkpoint"])
def test_progress_between_kills_starts_the_count_again(database: Database, step: str) -> None:
    [job_id] = add(database, "a")
    for kill in range(3 * MOST_INTERRUPTIONS):
        lease = claimed(database)
        with database.writing() as db:
            if step == "progress":
                queue.heartbeat(db, lease, lease_s=60, progress=0.0)
                queue.heartbeat(db, lease, lease_s=60, progress=kill / 100)
            else:
                queue.record_progress(db, lease)
        kill_worker(database, job_id)
    assert job(database, job_id).state == "queued"


def test_progress_that_an_earlier_run_reached_does_not_count(database: Database) -> None:
    """A job that always ends its worker at the same place is not tried for ever."""
    [job_id] = add(database, "a")
    for _kill in range(MOST_INTERRUPTIONS):
        lease = claimed(database)
        with database.writing() as db:
            queue.heartbeat(db, lease, lease_s=60, progress=0.0)
            queue.heartbeat(db, lease, lease_s=60, progress=0.3)
        kill_worker(database, job_id)
    row = job(database, job_id)
    assert (row.state, row.furthest_progress) == ("waiting", 0.3)


def test_heartbeats_alone_are_no_progress(database: Database) -> None:
    [job_id] = add(database, "a")
    for _kill in range(MOST_INTERRUPTIONS):
        lease = claimed(database)
        with database.writing() as db:
            queue.heartbeat(db, lease, lease_s=60)
        kill_worker(database, job_id)
    assert job(database, job_id).state == "waiting"


def test_interrupt_gives_the_attempt_back_and_pauses(database: Database) -> None:
    [job_id] = add(database, "a", attempts_allowed=1)
    for pause_s in (2, 4, 8):
        lease = claimed(database)
        before = utc_now()
        with database.writing() as db:
            queue.interrupt(db, lease)
        row = job(database, job_id)
        assert (row.state, row.attempts, row.lease_token) == ("queued", 0, "")
        pause = timedelta(seconds=pause_s)
        assert before + pause <= row.run_after_at <= utc_now() + pause
        change_job(database, job_id, lambda _db, row: setattr(row, "run_after_at", utc_now()))


def test_interrupt_without_the_lease_raises(database: Database) -> None:
    [job_id] = add(database, "a")
    lease = claimed(database)
    kill_worker(database, job_id)
    with pytest.raises(LeaseLost), database.writing() as db:
        queue.interrupt(db, lease)
    assert job(database, job_id).interruptions == 1


def test_release_is_no_interruption(database: Database) -> None:
    """A worker that is shut down in order every evening does not park its job."""
    [job_id] = add(database, "a")
    for _evening in range(2 * MOST_INTERRUPTIONS):
        lease = claimed(database)
        with database.writing() as db:
            queue.release(db, lease)
    row = job(database, job_id)
    assert (row.state, row.attempts, row.interruptions) == ("queued", 0, 0)


def test_cancelled_job_of_a_killed_worker_is_cancelled(database: Database) -> None:
    [job_id] = add(database, "a")
    claimed(database)

    def cancel(db: Session, row: Job) -> None:
        row.interruptions = MOST_INTERRUPTIONS - 1
        queue.request_cancel(db, row)

    change_job(database, job_id, cancel)
    kill_worker(database, job_id)
    assert job(database, job_id).state == "cancelled"
