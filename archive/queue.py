"""The job table as a queue: claim, heartbeat, checkpoint, finish.

A claim is one conditional UPDATE; every write to a running job names its lease token,
so a worker whose lease expired cannot overwrite its successor. There is no broker:
a job is inserted in the transaction that requires it.
Measured: docs/decisions/2026-11-23-the-database-is-the-queue.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Update, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive.models import Job
from archive.models.base import new_id, utc_now
from archive.models.vocabulary import RETRIABLE_JOB_STATES, Lane

# Lanes: users wait for `light`; `files` reads gigabytes; `speech` takes hours. Each has its own
# thread, so that a saved text is indexed within seconds.
LONGEST_RETRY_DELAY = timedelta(minutes=10)
PARKED_RETRY_DELAY = timedelta(seconds=30)


class LeaseLost(Exception):
    """Another worker holds the lease: stop at once and write nothing."""


class Cancelled(Exception):
    """A user requested the cancellation of this job."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A claimed job as plain values, valid after the transaction of the claim."""

    job_id: str
    token: str
    kind: str
    interview_id: str
    requested_by_id: str
    attempt: int
    attempts_allowed: int
    payload: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)


def database_now(db: Session) -> datetime:
    """Return the time of the PostgreSQL server, so that clocks of workers need not agree."""
    if db.get_bind().dialect.name == "postgresql":
        now = db.scalar(select(func.clock_timestamp()))
        assert isinstance(now, datetime)
        return now
    return utc_now()


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
    """Insert a job; with a `unique_key`, return the one already queued under it, if any."""
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
        run_after_at=run_after_at or database_now(db),
    )
    return _insert_unless_queued(db, job) if unique_key else _insert(db, job)


def has_claimable_job(db: Session, lanes: Iterable[str]) -> bool:
    """Return whether a claim may succeed, by a read, so that idle workers never lock."""
    return db.scalar(_claimable(database_now(db), lanes).limit(1)) is not None


def claim(db: Session, lanes: Iterable[str], *, worker: str, lease_s: float) -> Lease | None:
    """Claim the next job, or return None. Commit at once: the lease starts now."""
    now = database_now(db)
    job_id = db.scalar(_claimable(now, lanes).limit(1).with_for_update(skip_locked=True))
    if job_id is None:
        return None
    token = uuid.uuid4().hex
    updated_rows = _execute_update(
        db,
        update(Job)
        .where(Job.id == job_id, Job.state.in_(("queued", "waiting")))
        .values(
            state="running",
            lease_token=token,
            worker=worker,
            lease_until_at=now + timedelta(seconds=lease_s),
            attempts=Job.attempts + 1,
            started_at=now,
            problem="",
        ),
    )
    if updated_rows != 1:
        return None
    job = db.get_one(Job, job_id, populate_existing=True)
    return Lease(
        job_id=job.id,
        token=token,
        kind=job.kind,
        interview_id=job.interview_id or "",
        requested_by_id=job.requested_by_id or "",
        attempt=job.attempts,
        attempts_allowed=job.attempts_allowed,
        payload=dict(job.payload),
        detail=dict(job.detail),
    )


def heartbeat(db: Session, lease: Lease, *, lease_s: float, **changes: Any) -> None:
    """Extend the lease and optionally store progress; raises LeaseLost or Cancelled."""
    until = database_now(db) + timedelta(seconds=lease_s)
    _write(db, lease, lease_until_at=until, **changes)
    if db.scalar(select(Job.cancel_requested).where(Job.id == lease.job_id)):
        raise Cancelled


def assert_lease(db: Session, lease: Lease) -> None:
    """Lock the row of the job; raises LeaseLost. First statement of every checkpoint."""
    job_id = db.scalar(
        select(Job.id)
        .where(Job.id == lease.job_id, Job.lease_token == lease.token, Job.state == "running")
        .with_for_update()
    )
    if job_id is None:
        raise LeaseLost


def finish(db: Session, lease: Lease, result: dict[str, Any] | None = None) -> None:
    """Mark the job as done; raises LeaseLost."""
    _write(
        db,
        lease,
        state="done",
        progress=1.0,
        result=result or {},
        message="",
        finished_at=database_now(db),
        lease_token="",
    )


def fail(db: Session, lease: Lease, *, problem: str, detail: dict[str, Any], final: bool) -> None:
    """Queue the job again with exponential back-off, or fail it if `final` or out of attempts."""
    now = database_now(db)
    if final or lease.attempt >= lease.attempts_allowed:
        _write(
            db,
            lease,
            state="failed",
            problem=problem,
            detail=detail,
            finished_at=now,
            lease_token="",
        )
        return
    delay = min(LONGEST_RETRY_DELAY, timedelta(seconds=2**lease.attempt))
    _write(
        db,
        lease,
        state="queued",
        problem=problem,
        detail=detail,
        run_after_at=now + delay,
        lease_token="",
        unique_key="",
    )


def park(db: Session, lease: Lease, *, problem: str, detail: dict[str, Any]) -> None:
    """Park the job until an external condition changes; does not count as an attempt."""
    _write(
        db,
        lease,
        state="waiting",
        problem=problem,
        detail=detail,
        lease_token="",
        attempts=lease.attempt - 1,
        run_after_at=database_now(db) + PARKED_RETRY_DELAY,
    )


def release(db: Session, lease: Lease) -> None:
    """Release the lease without counting the attempt (graceful shutdown)."""
    _write(
        db,
        lease,
        state="queued",
        lease_token="",
        unique_key="",
        attempts=lease.attempt - 1,
        run_after_at=database_now(db),
    )


def mark_cancelled(db: Session, lease: Lease) -> None:
    """Mark the job as cancelled."""
    _write(db, lease, state="cancelled", finished_at=database_now(db), lease_token="")


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
        job.cancel_requested = False
        job.problem = ""
        job.unique_key = ""
        job.finished_at = None
        job.run_after_at = database_now(db)


def reconcile(db: Session) -> int:
    """Queue, fail or cancel jobs with an expired lease; return their number. Idempotent."""
    now = database_now(db)
    expired = db.scalars(
        select(Job)
        .where(Job.state == "running", Job.lease_until_at < now)
        .with_for_update(skip_locked=True)
    ).all()
    for job in expired:
        job.lease_token = ""
        if job.cancel_requested:
            job.state, job.finished_at = "cancelled", now
        elif job.attempts >= job.attempts_allowed:
            job.state, job.finished_at, job.problem = "failed", now, "worker_lost"
        else:
            job.state, job.unique_key, job.run_after_at = "queued", "", now
    return len(expired)


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


def _claimable(now: datetime, lanes: Iterable[str]) -> Any:
    return (
        select(Job.id)
        .where(
            Job.lane.in_(sorted(lanes)),
            or_(Job.state == "queued", Job.state == "waiting"),
            Job.run_after_at <= now,
        )
        .order_by(Job.priority.desc(), Job.id)
    )


def _write(db: Session, lease: Lease, **values: Any) -> None:
    updated_rows = _execute_update(
        db,
        update(Job)
        .where(Job.id == lease.job_id, Job.lease_token == lease.token, Job.state == "running")
        .values(**values),
    )
    if updated_rows != 1:
        raise LeaseLost


def _execute_update(db: Session, statement: Update) -> int:
    result = db.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount
