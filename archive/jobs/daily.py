"""Enqueue the daily jobs: clean-up, fixity checks, and the check of the database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import queue
from archive.models import Job

DAILY_JOBS = ("sweep", "check_fixity", "check_database")
INTERVAL = timedelta(days=1)


def enqueue_due_jobs(db: Session) -> list[Job]:
    """Enqueue each daily kind not enqueued in the last day; safe to call concurrently.

    A job that a wrong clock enqueued more than a day ahead does not count.
    """
    now = queue.database_now(db)
    enqueued = []
    for kind in DAILY_JOBS:
        key = f"daily:{kind}"
        recent = select(Job.id).where(
            Job.kind == kind,
            Job.interview_id.is_(None),
            Job.created_at.between(now - INTERVAL, now + INTERVAL),
        )
        if db.scalar(recent.limit(1)) is None:
            enqueued.append(queue.enqueue(db, kind, lane="files", unique_key=key, priority=-10))
    return enqueued
