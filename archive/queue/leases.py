"""Claim jobs, and write to a running one as the holder of its lease."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Update, and_, case, select, update
from sqlalchemy.orm import Session

from archive.back_off import back_off_s
from archive.models import Job
from archive.queue.clock import (
    LONGEST_RETRY_DELAY,
    PARKED_RETRY_DELAY,
    database_now,
    has_passed,
)

MOST_INTERRUPTIONS = 10


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
    interruptions: int = 0
    payload: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)


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
        interruptions=job.interruptions,
        payload=dict(job.payload),
        detail=dict(job.detail),
    )


def heartbeat(db: Session, lease: Lease, *, lease_s: float, **changes: Any) -> None:
    """Extend the lease and optionally store progress; raises LeaseLost or Cancelled.

    Progress beyond what any earlier run reached ends a series of interruptions.
    """
    until = database_now(db) + timedelta(seconds=lease_s)
    if "progress" in changes:
        fraction = changes["progress"]
        is_further = Job.furthest_progress < fraction
        changes["interruptions"] = case((is_further, 0), else_=Job.interruptions)
        changes["furthest_progress"] = case((is_further, fraction), else_=Job.furthest_progress)
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


def record_progress(db: Session, lease: Lease) -> None:
    """End a series of interruptions: this transaction stores work that need not be repeated."""
    if lease.interruptions:
        _write(db, lease, interruptions=0)


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
    pause_s = back_off_s(lease.attempt, first_s=2.0, longest_s=LONGEST_RETRY_DELAY.total_seconds())
    _write(
        db,
        lease,
        state="queued",
        problem=problem,
        detail=detail,
        run_after_at=now + timedelta(seconds=pause_s),
        lease_token="",
        unique_key="",
    )


def park(
    db: Session,
    lease: Lease,
    *,
    problem: str,
    detail: dict[str, Any],
    pause: timedelta = PARKED_RETRY_DELAY,
) -> None:
    """Park the job until an external condition changes; does not count as an attempt.

    `pause` is at most LONGEST_RETRY_DELAY.
    """
    _write(
        db,
        lease,
        state="waiting",
        problem=problem,
        detail=detail,
        lease_token="",
        attempts=lease.attempt - 1,
        run_after_at=database_now(db) + pause,
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


def waits_for_person() -> ColumnElement[bool]:
    """Return the condition that a job waits until a person tries it: it was killed too often."""
    return and_(Job.state == "waiting", Job.interruptions >= MOST_INTERRUPTIONS)


def _claimable(now: datetime, lanes: Iterable[str]) -> Any:
    return (
        select(Job.id)
        .where(
            Job.lane.in_(sorted(lanes)),
            Job.state.in_(("queued", "waiting")),
            ~waits_for_person(),
            has_passed(Job.run_after_at, now, longest=LONGEST_RETRY_DELAY),
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
