"""Daily clean-up: finish complete uploads, delete abandoned files and expired records."""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import queue
from archive.actions.accounts import sessions
from archive.actions.editing import idempotency
from archive.actions.holdings import derivatives, missing_derivatives, upload_sweep
from archive.jobs.context import JobContext
from archive.models import Job
from search.backends.base import IndexBusy

LONGEST_GAP = timedelta(days=10)  # also of a computer that is used once a week

log = logging.getLogger(__name__)


def handle(context: JobContext) -> dict[str, Any] | None:
    """Delete only what no row refers to; `flask doctor` reports orphans of the vault.

    Nothing is deleted by its age unless the clock has run evenly since the last clean-up: after
    a jump, files and uploads of today look a year old.
    """
    toolbox = context.toolbox
    with context.reading() as db:
        is_even = _clock_runs_evenly(db)
    if is_even:
        deleted = _delete_old_files(context)
    else:
        log.warning("The clock has jumped, or no clean-up ran for days: nothing old is deleted.")
        upload_sweep.renew(toolbox)
        deleted = {}
    context.progress(0.8, "sweeping")
    with context.reading() as db:
        unanswered = missing_derivatives.find_unanswered(db, toolbox)
    with context.checkpoint() as db:
        enqueued = missing_derivatives.enqueue_daily(db, unanswered)
        expired_sessions = sessions.purge_expired(db)
        if is_even:
            idempotency.sweep(db)
    return {
        **deleted,
        "is_even": is_even,
        "missing_copies": enqueued,
        "sign_ins": expired_sessions,
    }


def _clock_runs_evenly(db: Session) -> bool:
    """Return whether a clean-up ended in the last days, or none ever did."""
    now = queue.database_now(db)
    ended = select(Job.id).where(Job.kind == "sweep", Job.state == "done")
    recently = ended.where(Job.finished_at.between(now - LONGEST_GAP, now))
    is_first = db.scalar(ended.limit(1)) is None
    return is_first or db.scalar(recently.limit(1)) is not None


def _delete_old_files(context: JobContext) -> dict[str, int]:
    toolbox = context.toolbox
    uploads = upload_sweep.sweep(toolbox)
    unfinished = toolbox.vault.sweep()
    context.progress(0.4, "sweeping")
    folders = derivatives.sweep(toolbox)
    with contextlib.suppress(IndexBusy):  # tomorrow, then
        toolbox.index.sweep()
    return {"uploads": uploads, "unfinished": unfinished, "folders": folders}
