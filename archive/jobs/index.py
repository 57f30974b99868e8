"""Index changed interviews: read the outbox in order, update the index, delete the rows.

After a kill the same changes are indexed again, which is idempotent. An index that is
missing, damaged, of another analysis version or older than the database is rebuilt.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from archive.actions.discovery import indexing, rebuilding
from archive.jobs.context import JobContext, JobParked
from search.backends.base import IndexBusy, IndexedInterview

REPORT_INTERVAL_S = 2.0


def handle(context: JobContext) -> dict[str, Any]:
    """Index until the outbox is empty."""
    index = context.toolbox.index
    try:
        with context.reading() as db:
            is_unusable = rebuilding.needs_rebuild(db, index)
        if is_unusable or context.payload.get("rebuild"):
            return {"rebuilt": _rebuild_all(context)}
        count = 0
        while changed := _index_pending(context):
            count += changed
        return {"interviews": count}
    except IndexBusy as busy:
        raise JobParked(busy.code) from busy


def _rebuild_all(context: JobContext) -> int:
    """Rebuild the whole index; return the number of passages."""
    next_report = 0.0

    def report(done: int, total: int) -> None:
        nonlocal next_report
        if time.monotonic() >= next_report:
            next_report = time.monotonic() + REPORT_INTERVAL_S
            context.progress(done / total, "rebuilding_index")

    return rebuilding.rebuild(context.toolbox, on_progress=report)


def _index_pending(context: JobContext) -> int:
    index = context.toolbox.index
    with context.reading() as db:
        changed = indexing.pending(db)
    removed = set(changed)

    def present() -> Iterator[IndexedInterview]:
        # Read under the lock of the index: what another process has indexed meanwhile, as
        # `flask reindex` does, must not be replaced by what was read before it.
        for interview_id in changed:
            for entry in rebuilding.read_interview(context.toolbox, interview_id):
                removed.discard(interview_id)
                yield entry

    if changed:
        index.put_many(present())
        index.drop(*sorted(removed))
        with context.checkpoint() as db:
            indexing.acknowledge(db, changed)
            rebuilding.note_generation(db, index)
    return len(changed)
