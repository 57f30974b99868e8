"""The job table as a queue: claim, heartbeat, checkpoint, finish.

A claim is one conditional UPDATE; every write to a running job names its lease token,
so a worker that was thought dead cannot overwrite its successor. There is no broker:
a job is inserted in the transaction of the thing that calls for it.
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
from archive.models.job import RETRIABLE_STATES

# `light` is what a person waits for; `files` reads gigabytes; `speech` takes hours. Each has a
# thread of its own, so that a save is findable in seconds whatever else is being done.
LANES = ("light", "files", "speech")
LONGEST_BACK_OFF = timedelta(minutes=10)
WAITING_RETRY = timedelta(seconds=30)


class LeaseLost(Exception):
    """Somebody else holds this job now: stop at once and write nothing."""


class Cancelled(Exception):
    """A person asked for this job to stop."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A claimed job, as plain values: it outlives the transaction it was claimed in."""

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
    """The server's clock on PostgreSQL, so that several machines need not agree."""
    if db.get_bind().dialect.name == "postgresql":
        now = db.scalar(select(func.clock_timestamp()))
        if isinstance(now, datetime):
            return now
    return utc_now()


def enqueue(
    db: Session,
    kind: str,
    *,
    lane: str = "light",
    priority: int = 0,
    interview_id: str | None = None,
    unique_key: str = "",
    payload: dict[str, Any] | None = None,
    requested_by_id: str | None = None,
    attempts_allowed: int = 5,
    run_after_at: datetime | None = None,
) -> Job:
    """Add a job; with a `unique_key`, give back the one that is already queued under it."""
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
    return _queued_under_key(db, job) if unique_key else _added(db, job)


def has_work(db: Session, lanes: Iterable[str]) -> bool:
    """Whether a claim may succeed: a plain read, so that idle workers never take the write lock."""
    return db.scalar(_claimable(database_now(db), lanes).limit(1)) is not None


def claim(db: Session, lanes: Iterable[str], *, worker: str, lease_s: float) -> Lease | None:
    """Take the next job, or None. Commit at once: the lease counts from now."""
    now = database_now(db)
    job_id = db.scalar(_claimable(now, lanes).limit(1).with_for_update(skip_locked=True))
    if job_id is None:
        return None
    token = uuid.uuid4().hex
    taken = _rows(
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
    if taken != 1:
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
    """Prolong the lease and perhaps write progress; raises LeaseLost or Cancelled."""
    until = database_now(db) + timedelta(seconds=lease_s)
    _write(db, lease, lease_until_at=until, **changes)
    if db.scalar(select(Job.cancel_requested).where(Job.id == lease.job_id)):
        raise Cancelled


def hold(db: Session, lease: Lease) -> None:
    """Lock the row and make sure the lease is still ours: first act of a checkpoint."""
    held = db.scalar(
        select(Job.id)
        .where(Job.id == lease.job_id, Job.lease_token == lease.token, Job.state == "running")
        .with_for_update()
    )
    if held is None:
        raise LeaseLost


def finish(db: Session, lease: Lease, result: dict[str, Any] | None = None) -> None:
    """Mark as done; raises LeaseLost when somebody else took over."""
    _write(
        db, lease, state="done", progress=1.0, result=result or {}, message="",
        finished_at=database_now(db), lease_token="",
    )  # fmt: skip


def fail(db: Session, lease: Lease, *, problem: str, detail: dict[str, Any], final: bool) -> None:
    """Queue again with growing pauses, or give up when `final` or out of attempts."""
    now = database_now(db)
    if final or lease.attempt >= lease.attempts_allowed:
        _write(
            db, lease, state="failed", problem=problem, detail=detail,
            finished_at=now, lease_token="",
        )  # fmt: skip
        return
    pause = min(LONGEST_BACK_OFF, timedelta(seconds=2**lease.attempt))
    _write(
        db, lease, state="queued", problem=problem, detail=detail,
        run_after_at=now + pause, lease_token="", unique_key="",
    )  # fmt: skip


def wait(db: Session, lease: Lease, *, problem: str, detail: dict[str, Any]) -> None:
    """Something outside must change first; tried again by itself, the attempt is given back."""
    _write(
        db, lease, state="waiting", problem=problem, detail=detail, lease_token="",
        attempts=max(0, lease.attempt - 1), run_after_at=database_now(db) + WAITING_RETRY,
    )  # fmt: skip


def give_back(db: Session, lease: Lease) -> None:
    """Let the next worker go on at once: this one leaves, and the attempt does not count."""
    _write(
        db, lease, state="queued", lease_token="", unique_key="",
        attempts=max(0, lease.attempt - 1), run_after_at=database_now(db),
    )  # fmt: skip


def cancelled(db: Session, lease: Lease) -> None:
    """Acknowledge a cancellation."""
    _write(db, lease, state="cancelled", finished_at=database_now(db), lease_token="")


def request_cancel(db: Session, job: Job) -> None:
    """Stop a job: at once when it only waits, at its next heartbeat when it runs."""
    if job.state in ("queued", "waiting"):
        job.state = "cancelled"
        job.finished_at = database_now(db)
    elif job.state == "running":
        job.cancel_requested = True


def retry(db: Session, job: Job) -> None:
    """Queue a failed, cancelled or waiting job again with fresh attempts; its checkpoint stays."""
    if job.state in RETRIABLE_STATES:
        job.state = "queued"
        job.attempts = 0
        job.cancel_requested = False
        job.problem = ""
        job.unique_key = ""
        job.finished_at = None
        job.run_after_at = database_now(db)


def reconcile(db: Session) -> int:
    """Give back the jobs of workers that died; idempotent, any number may run it."""
    now = database_now(db)
    stale = db.scalars(
        select(Job)
        .where(Job.state == "running", Job.lease_until_at < now)
        .with_for_update(skip_locked=True)
    ).all()
    for job in stale:
        job.lease_token = ""
        if job.cancel_requested:
            job.state, job.finished_at = "cancelled", now
        elif job.attempts >= job.attempts_allowed:
            job.state, job.finished_at, job.problem = "failed", now, "worker_lost"
        else:
            job.state, job.unique_key, job.run_after_at = "queued", "", now
    return len(stale)


def is_idle(db: Session) -> bool:
    """Whether nothing is queued or running; a job that waits for a person does not count."""
    return db.scalar(select(Job.id).where(Job.state.in_(("queued", "running"))).limit(1)) is None


def _added(db: Session, job: Job) -> Job:
    db.add(job)
    db.flush()
    return job


def _queued_under_key(db: Session, job: Job) -> Job:
    db.flush()
    same_key = select(Job).where(Job.unique_key == job.unique_key, Job.state == "queued").limit(1)
    for last_try in (False, False, True):
        waiting = db.scalar(same_key)
        if waiting is not None:
            return waiting
        # Another machine may queue the same key at this moment: its row counts, and the
        # transaction that asked here, which may hold somebody's words, must not fail for it.
        try:
            with db.begin_nested():
                return _added(db, job)
        except IntegrityError:
            if last_try:
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
    written = _rows(
        db,
        update(Job)
        .where(Job.id == lease.job_id, Job.lease_token == lease.token, Job.state == "running")
        .values(**values),
    )
    if written != 1:
        raise LeaseLost


def _rows(db: Session, statement: Update) -> int:
    result = db.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount
