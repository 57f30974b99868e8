"""Whether workers run: the note on the page of jobs, and the facts of the health check."""

from __future__ import annotations

from archive import messages
from archive.actions.office import workers
from archive.storage_faults import fault_of_files, is_database_lost
from archive.web.core import current, formatting


def health_facts() -> dict[str, object]:
    """Return `ok`, and the numbers of running and dead workers; not ok if all are dead.

    A database that takes no writes, as on a full disk, is named instead: no worker can store there
    that it runs.
    """
    if fault := fault_of_files(current.settings().database_url):
        return {"ok": False, "database": fault}
    try:
        with current.toolbox().database.reading() as db:
            report = workers.load_report(db)
    except Exception as error:
        if not is_database_lost(error, current.settings().database_url):
            raise
        return {"ok": False, "database": "lost"}
    return {
        "ok": not report.is_down,
        "workers": {"running": report.running, "dead": len(report.dead)},
    }


def note(*, has_queued_jobs: bool) -> messages.Message | None:
    """Return the message while no worker runs, or None."""
    report = workers.load_report(current.db())
    if report.running:
        return None
    if fault := fault_of_files(current.settings().database_url):
        return messages.for_code(fault)
    if report.is_down:
        last = max(dead.seen_at for dead in report.dead)
        return messages.for_code("worker_down", since=formatting.date_and_time(last))
    return messages.for_code("no_worker") if has_queued_jobs else None
