"""Insert jobs, and cancel or retry them on request."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive.models import Job
from archive.models.base import new_id
from archive.models.vocabulary import RETRIABLE_JOB_STATES, Lane
from archive.queue.clock import database_now


def enqueue(
    db: Session,
    kind: str,
    *,
    lane: Lane = "light",
    priority: int = 0,
    interview_id: str | None = None,
    unique_key: str = "",
    payload: dict[str, Any] | None = None,
    requested_by_id: str | None = None,
    attempts_allowed: int = 5,
    run_after_at: datetime | None = None,
) -> Job:
    """Insert a job; with a `unique_key`, return the one already queued under it, if any.

    `run_after_at` may be at most LONGEST_RETRY_DELAY ahead: what lies further ahead is due.
    """
    now = database_now(db)
    job = Job(
        id=new_id(),
        kind=kind,
        lane=lane,
        priority=priority,
        interview_id=interview_id,
        unique_key=unique_key,
        payload=payload or {},
        requested_by_id=requested_by_id,
        attempts_allowed=attempts_allowed,
        created_at=now,
        run_after_at=run_after_at or now,
    )
    return _insert_unless_queued(db, job) if unique_key else _insert(db, job)


def request_cancel(db: Session, job: Job) -> None:
    """Cancel a queued or waiting job at once, a running one at its next heartbeat."""
    if job.state in ("queued", "waiting"):
        job.state = "cancelled"
        job.finished_at = database_now(db)
    elif job.state == "running":
        job.cancel_requested = True


def retry(db: Session, job: Job) -> None:
    """Queue a failed, cancelled or waiting job again with all attempts and its checkpoint."""
    if job.state in RETRIABLE_JOB_STATES:
        job.state = "queued"
        job.attempts = 0
        job.interruptions = 0
        job.cancel_requested = False
        job.problem = ""
        job.unique_key = ""
        job.finished_at = None
        job.run_after_at = database_now(db)


def is_idle(db: Session) -> bool:
    """Return whether no job is queued or running; parked jobs do not count."""
    return db.scalar(select(Job.id).where(Job.state.in_(("queued", "running"))).limit(1)) is None


def _insert(db: Session, job: Job) -> Job:
    db.add(job)
    db.flush()
    return job


def _insert_unless_queued(db: Session, job: Job) -> Job:
    same_key = select(Job).where(Job.unique_key == job.unique_key, Job.state == "queued").limit(1)
    for is_last_attempt in (False, False, True):
        queued = db.scalar(same_key)
        if queued is not None:
            return queued
        # A concurrent transaction may insert the same key: use its row. The transaction
        # here may hold a user's edit and must not fail for it.
        try:
            with db.begin_nested():
                return _insert(db, job)
        except IntegrityError:
            if is_last_attempt:
                raise
    raise AssertionError("unreachable")
