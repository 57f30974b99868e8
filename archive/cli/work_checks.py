"""Checks of `flask doctor` for work in the background: the search index and the jobs."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from archive.actions.discovery import indexing
from archive.cli.check_result import CheckResult
from archive.cli.worker_check import check_workers
from archive.models import Job
from archive.models.base import utc_now
from archive.models.vocabulary import OPEN_JOB_STATES
from archive.toolbox import Toolbox

LONGEST_INDEX_WAIT = timedelta(minutes=15)


def check_index(tools: Toolbox) -> CheckResult:
    """Find an index that cannot be used, and changes that nothing indexes."""
    health = tools.index.health()
    with tools.database.reading() as db:
        waiting = len(indexing.pending(db))
        since = indexing.waiting_since(db)
    # Dated after now, by a clock that was ahead: how long they have waited is not known.
    if since is not None and not timedelta(0) <= utc_now() - since <= LONGEST_INDEX_WAIT:
        return CheckResult(
            "index",
            "fault",
            f"Changes of {since:%Y-%m-%d %H:%M} UTC wait for the search index, and nothing has"
            " indexed them.",
            "Start flask worker. If one runs, flask jobs names the cause.",
        )
    if not health.ok:
        detail = f"The search index cannot be used ({health.code})."
        return CheckResult("index", "warning", detail, "flask reindex makes it anew.")
    detail = f"Passages that can be found: {health.passages}."
    if waiting:
        detail += f" {waiting} {'interview waits' if waiting == 1 else 'interviews wait'} for it."
        return CheckResult("index", "ok", detail, "flask worker does it.")
    return CheckResult("index", "ok", detail)


def check_jobs(tools: Toolbox) -> CheckResult:
    """Count jobs; warn of failed and waiting ones."""
    with tools.database.reading() as db:
        counts: dict[str, int] = {
            state: count
            for state, count in db.execute(select(Job.state, func.count()).group_by(Job.state))
        }
    counted = [
        f"{counts[state]} {state}" for state in (*OPEN_JOB_STATES, "failed") if state in counts
    ]
    detail = f"Work: {', '.join(counted)}." if counted else "There is no work."
    if "failed" in counts or "waiting" in counts:
        return CheckResult("jobs", "warning", detail, "flask jobs says why.")
    return CheckResult("jobs", "ok", detail)


def check_worker(tools: Toolbox) -> CheckResult:
    """Find dead workers."""
    return CheckResult("worker", *check_workers(tools))
