"""Daily clean-up: finish complete uploads, delete abandoned files and expired records."""

from __future__ import annotations

import contextlib
from typing import Any

from archive.actions.accounts import sessions
from archive.actions.editing import idempotency
from archive.actions.holdings import derivatives, missing_derivatives, upload_sweep
from archive.jobs.context import JobContext
from search.backends.base import IndexBusy


def handle(context: JobContext) -> dict[str, Any] | None:
    """Delete only what no row refers to; `flask doctor` reports orphans of the vault."""
    toolbox = context.toolbox
    expired_uploads = upload_sweep.sweep(toolbox)
    unfinished = toolbox.vault.sweep()
    context.progress(0.4, "sweeping")
    folders = derivatives.sweep(toolbox)
    with contextlib.suppress(IndexBusy):  # tomorrow, then
        toolbox.index.sweep()
    context.progress(0.8, "sweeping")
    with context.reading() as db:
        unanswered = missing_derivatives.find_unanswered(db, toolbox)
    with context.checkpoint() as db:
        enqueued = missing_derivatives.enqueue_daily(db, unanswered)
        expired_sessions = sessions.purge_expired(db)
        idempotency.sweep(db)
    return {
        "uploads": expired_uploads,
        "unfinished": unfinished,
        "folders": folders,
        "missing_copies": enqueued,
        "sign_ins": expired_sessions,
    }
