"""Daily clean-up: finish complete uploads, delete abandoned files and expired records."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from archive import queue
from archive.actions.accounts import sessions
from archive.actions.editing import idempotency
from archive.actions.holdings import derivatives, missing_derivatives, upload_sweep
from archive.actions.office import settings
from archive.jobs.context import JobContext
from search.backends.base import IndexBusy

SWEPT_AT = "swept_at"  # setting: when the last clean-up ended, by the clock of then
LONGEST_GAP = timedelta(days=10)  # also of a computer that is used once a week

log = logging.getLogger(__name__)


def handle(context: JobContext) -> dict[str, Any] | None:
    """Delete only what no row refers to; `flask doctor` reports orphans of the vault.

    Nothing is deleted by its age unless the clock has run evenly since the last clean-up: after
    a jump, files and uploads of today look a year old. So the first one deletes nothing.
    """
    toolbox = context.toolbox
    with context.reading() as db:
        is_even = _clock_has_run_evenly(db)
    if is_even:
        deleted = _delete_old_files(context)
    else:
        log.info("nothing old is deleted: no clean-up of late, or a clock that jumped")
        upload_sweep.renew(toolbox)
        deleted = {}
    context.progress(0.8, "sweeping")
    with context.reading() as db:
        unanswered = missing_derivatives.find_unanswered(db, toolbox)
    with context.checkpoint() as db:
        enqueued = missing_derivatives.enqueue_daily(db, unanswered)
        expired_sessions = sessions.purge_expired(db)
        settings.set_value(db, SWEPT_AT, queue.database_now(db).isoformat())
        if is_even:
            idempotency.sweep(db)
    return {
        **deleted,
        "is_even": is_even,
        "missing_copies": enqueued,
        "sign_ins": expired_sessions,
    }


def _clock_has_run_evenly(db: Session) -> bool:
    """Return whether the last clean-up was in the last days.

    That one alone counts: after two jumps an earlier one is recent again.
    """
    swept_at = settings.get_value(db, SWEPT_AT)
    if not swept_at:
        return False
    gap = queue.database_now(db) - datetime.fromisoformat(swept_at)
    return timedelta(0) <= gap <= LONGEST_GAP


def _delete_old_files(context: JobContext) -> dict[str, int]:
    toolbox = context.toolbox
    uploads = _count_deleted(lambda: upload_sweep.sweep(toolbox))
    unfinished = _count_deleted(toolbox.vault.sweep)
    context.progress(0.4, "sweeping")
    folders = _count_deleted(lambda: derivatives.sweep(toolbox))
    with contextlib.suppress(IndexBusy):  # tomorrow, then
        toolbox.index.sweep()
    return {"uploads": uploads, "unfinished": unfinished, "folders": folders}


def _count_deleted(delete: Callable[[], int]) -> int:
    """Return how many were deleted; a file that cannot be deleted keeps no other work up."""
    try:
        return delete()
    except OSError as error:
        log.warning("old files cannot be deleted: %s", error)
        return 0
