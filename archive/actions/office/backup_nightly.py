"""Enqueue the nightly backup, if a folder for it is set."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import queue
from archive.actions.office.restored_records import BACKUP_JOB
from archive.models import Job
from archive.settings import Settings

BACKUP_PRIORITY = -10


def enqueue_due_backup(db: Session, settings: Settings) -> Job | None:
    """Enqueue a backup unless one waits for its disk or was enqueued since the hour of last night.

    Safe to call concurrently. After a night in which the machine was off it is due at once. A
    job that a wrong clock enqueued ahead does not count.
    """
    if settings.backup_target is None:
        return None
    now = queue.database_now(db)
    recent = select(Job.id).where(
        Job.kind == BACKUP_JOB,
        Job.created_at.between(last_due(now, settings), now + timedelta(days=1))
        | (Job.state.in_(("waiting", "running")) & ~queue.waits_for_person()),
    )
    if db.scalar(recent.limit(1)) is not None:
        return None
    return queue.enqueue(
        db, BACKUP_JOB, lane="files", unique_key="nightly backup", priority=BACKUP_PRIORITY
    )


def last_due(now: datetime, settings: Settings) -> datetime:
    """Return the last instant at which the nightly backup was due."""
    local = now.astimezone(ZoneInfo(settings.timezone))
    due = local.replace(hour=settings.backup_hour, minute=0, second=0, microsecond=0)
    if due > local:
        due -= timedelta(days=1)
    return due.astimezone(now.tzinfo)
