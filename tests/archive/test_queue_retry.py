"""Retry: a person queues a job again that had ended or waits."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from archive import queue
from archive.db import Database
from archive.models import Job
from archive.models.vocabulary import JobState
from tests.archive.test_queue import add, change_job, claimed, job


@pytest.mark.parametrize("state", ["failed", "cancelled", "waiting"])
def test_retry_queues_ended_job_with_its_checkpoint(database: Database, state: JobState) -> None:
    [job_id] = add(database, "a", attempts_allowed=2)

    def end(_db: Session, row: Job) -> None:
        row.state, row.attempts, row.problem, row.detail = state, 2, "x", {"chunk": 7}
        row.cancel_requested = True

    change_job(database, job_id, end)
    change_job(database, job_id, queue.retry)
    lease = claimed(database)
    assert (lease.job_id, lease.attempt, lease.detail) == (job_id, 1, {"chunk": 7})
    assert not job(database, job_id).cancel_requested


@pytest.mark.parametrize("state", ["queued", "running", "done"])
def test_retry_of_open_or_done_job_changes_nothing(database: Database, state: str) -> None:
    [job_id] = add(database, "a")
    change_job(database, job_id, lambda _db, row: setattr(row, "state", state))
    change_job(database, job_id, queue.retry)
    assert job(database, job_id).state == state
