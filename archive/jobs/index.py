"""Index changed interviews: read the outbox in order, update the index, delete the rows.

After a kill the same changes are indexed again, which is idempotent. An index that is
missing, damaged or of another analysis version is rebuilt beside the old one.
"""

from __future__ import annotations

from typing import Any

from archive.actions.discovery import indexing
from archive.jobs.context import JobContext, JobParked
from search.backends.base import IndexBusy, IndexedInterview


def handle(context: JobContext) -> dict[str, Any]:
    """Index until the outbox is empty."""
    index = context.toolbox.index
    try:
        if index.health().code in ("index_missing", "index_outdated", "index_damaged"):
            return {"rebuilt": rebuild(context)}
        count = 0
        while changed := _index_pending(context):
            count += changed
        return {"interviews": count}
    except IndexBusy as busy:
        raise JobParked(busy.code) from busy


def rebuild(context: JobContext) -> int:
    """Rebuild the whole index; return the number of passages."""
    states = context.toolbox.settings.public_states
    with context.reading() as db:
        last_change = indexing.last_change_number(db)
        passages = context.toolbox.index.rebuild(indexing.build_all(db, states))
    with context.checkpoint() as db:
        indexing.acknowledge_until(db, last_change)
    return passages


def _index_pending(context: JobContext) -> int:
    states = context.toolbox.settings.public_states
    index = context.toolbox.index
    with context.reading() as db:
        changed = indexing.pending(db)
        entries = {
            interview_id: indexing.build_documents(
                db, interview_id, number=number, public_states=states
            )
            for interview_id, number in changed.items()
        }
    present: list[IndexedInterview] = [entry for entry in entries.values() if entry is not None]
    if present:
        index.put_many(present)
    removed = [interview_id for interview_id, entry in entries.items() if entry is None]
    if removed:
        index.drop(*removed)
    if changed:
        with context.checkpoint() as db:
            indexing.acknowledge(db, changed)
    return len(changed)
