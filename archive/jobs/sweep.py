"""Once a day: put away what arrived whole, free what nobody can go on with."""

from __future__ import annotations

from typing import Any

from archive.actions import accounts, derivatives, operations, uploads
from archive.jobs.context import JobContext


def handle(context: JobContext) -> dict[str, Any] | None:
    """Touches nothing that a row speaks of; orphans of the vault are for `doctor` to report."""
    toolbox = context.toolbox
    freed = uploads.sweep(toolbox)
    unfinished = toolbox.vault.sweep()
    context.progress(0.4, "sweeping")
    folders = derivatives.sweep(toolbox)
    context.progress(0.8, "sweeping")
    with context.checkpoint() as db:
        stale = derivatives.plan(db, root=toolbox.derivatives_dir)
        forgotten = accounts.forget_old(db)
        operations.sweep(db)
    return {
        "uploads": freed, "unfinished": unfinished, "folders": folders, "stale": stale,
        "sign_ins": forgotten,
    }  # fmt: skip
