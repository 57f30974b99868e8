"""The check of `flask doctor` for workers."""

from __future__ import annotations

from sqlalchemy import func, select

from archive.actions.office import workers
from archive.cli.output import message_for_code
from archive.models import Job
from archive.storage_faults import fault_of_files
from archive.toolbox import Toolbox


def check_workers(tools: Toolbox) -> tuple[str, str, str]:
    """Return state, detail and advice: which workers run, and which died."""
    with tools.database.reading() as db:
        report = workers.load_report(db)
        queued = db.scalar(select(func.count()).where(Job.state == "queued")) or 0
    if fault := fault_of_files(tools.settings.database_url):
        detail = "Not known whether a worker runs: none can store it in the database."
        return "warning", detail, message_for_code(fault)
    if report.dead:
        names = ", ".join(f"{dead.name} ({_how(dead)})" for dead in report.dead)
        if report.is_down:
            return (
                "fault",
                f"No worker runs. The last one died: {names}.",
                "flask serve starts it again by itself; without it, start flask worker.",
            )
        return (
            "fault",
            f"Workers that run: {report.running}. Others died: {names}.",
            "Start flask worker there; of a machine that is gone this is forgotten in a week.",
        )
    if report.running:
        return "ok", f"Workers that run: {report.running}.", ""
    if queued:
        detail = f"No worker runs, and {queued} {'job waits' if queued == 1 else 'jobs wait'}."
        return "warning", detail, "flask serve or flask worker starts one."
    return "ok", "No worker runs at the moment.", ""


def _how(dead: workers.DeadWorker) -> str:
    return dead.problem or f"last seen {dead.seen_at:%Y-%m-%d %H:%M} UTC"
