"""Heartbeats of workers: which run, and which died.

Every worker renews its row whether it has a job or not, and deletes it when it ends in order.
The rows are in the database, since the web server may run on another machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from archive.models import WorkerHeartbeat
from archive.queue import database_now

BEAT_INTERVAL_S = 15.0
SILENT_AFTER = timedelta(seconds=60)
# A machine that was taken away for good is not reported for ever.
FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class DeadWorker:
    """A worker that ended without deleting its row; `problem` is how, if it is known."""

    name: str
    host: str
    seen_at: datetime
    problem: str


@dataclass(frozen=True, kw_only=True)
class WorkerReport:
    """The number of running workers, and those that died and were not replaced."""

    running: int
    dead: tuple[DeadWorker, ...]

    @property
    def is_down(self) -> bool:
        """Return whether workers died and none runs: jobs wait."""
        return not self.running and bool(self.dead)


def worker_name(host: str, process_id: int) -> str:
    """Return the name of a worker process, in its jobs and in its heartbeat."""
    return f"{host}:{process_id}"


def record_heartbeat(db: Session, *, name: str, host: str) -> WorkerHeartbeat:
    """Renew the row of a running worker; delete those of dead workers that it replaces."""
    now = database_now(db)
    row = db.get(WorkerHeartbeat, name)
    if row is None:
        row = WorkerHeartbeat(name=name, host=host, started_at=now)
        db.add(row)
    row.seen_at, row.problem = now, ""
    db.flush()
    is_replaced = (WorkerHeartbeat.host == host) & or_(
        WorkerHeartbeat.problem != "",
        _is_silent(now) & (WorkerHeartbeat.seen_at < row.started_at),
        # A clock was moved back: what it wrote before lies ahead.
        WorkerHeartbeat.seen_at > now + SILENT_AFTER,
    )
    is_forgotten = ~WorkerHeartbeat.seen_at.between(now - FORGOTTEN_AFTER, now + FORGOTTEN_AFTER)
    db.execute(
        delete(WorkerHeartbeat).where(WorkerHeartbeat.name != name, or_(is_replaced, is_forgotten))
    )
    return row


def remove_heartbeat(db: Session, name: str) -> None:
    """Delete the row of a worker that ends in order."""
    db.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.name == name))


def record_death(db: Session, *, name: str, host: str, problem: str) -> None:
    """Store that a worker ended by itself, as its parent process found.

    It replaces the one that died before it: a worker may die every minute for a week.
    """
    now = database_now(db)
    db.execute(
        delete(WorkerHeartbeat).where(
            WorkerHeartbeat.host == host,
            WorkerHeartbeat.problem != "",
            WorkerHeartbeat.name != name,
        )
    )
    row = db.get(WorkerHeartbeat, name)
    if row is None:
        row = WorkerHeartbeat(name=name, host=host, started_at=now, seen_at=now)
        db.add(row)
    row.problem = problem
    db.flush()


def load_report(db: Session) -> WorkerReport:
    """Return which workers run and which died; one far ahead of the clock is not running."""
    now = database_now(db)
    rows = db.scalars(select(WorkerHeartbeat).order_by(WorkerHeartbeat.name)).all()
    dead = [row for row in rows if row.problem or abs(now - row.seen_at) > SILENT_AFTER]
    return WorkerReport(
        running=len(rows) - len(dead),
        dead=tuple(
            DeadWorker(name=row.name, host=row.host, seen_at=row.seen_at, problem=row.problem)
            for row in dead
        ),
    )


def _is_silent(now: datetime) -> ColumnElement[bool]:
    return ~WorkerHeartbeat.seen_at.between(now - SILENT_AFTER, now + SILENT_AFTER)
