"""What happens every day without anybody asking: sweeping, and reading originals again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import queue
from archive.models import Job

KINDS = ("sweep", "check_fixity")
EVERY = timedelta(days=1)


def plan(db: Session) -> list[Job]:
    """Queue each daily kind that was not queued in the last day; any number may ask at once."""
    now = queue.database_now(db)
    planned = []
    for kind in KINDS:
        key = f"daily:{kind}"
        recent = select(Job.id).where(
            Job.kind == kind, Job.interview_id.is_(None), Job.created_at > now - EVERY
        )
        if db.scalar(recent.limit(1)) is None:
            planned.append(queue.enqueue(db, kind, lane="files", unique_key=key, priority=-10))
    return planned
