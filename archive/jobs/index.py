"""Tell the search index what changed: take the outbox in order, write, then forget.

Killed anywhere in between, the same changes are told again; telling twice is as once.
An index that is missing or of another analysis is made anew, beside the old one.
"""

from __future__ import annotations

from typing import Any

from archive.actions import indexing
from archive.jobs.context import JobContext, JobWaits
from search.backends.base import IndexBusy, IndexedInterview


def handle(context: JobContext) -> dict[str, Any]:
    """Work until the outbox is empty."""
    index = context.toolbox.index
    try:
        if index.health().code in ("index_missing", "index_outdated", "index_damaged"):
            return {"rebuilt": rebuild(context)}
        told = 0
        while changed := _tell_some(context):
            told += changed
        return {"interviews": told}
    except IndexBusy as busy:
        raise JobWaits(busy.code) from busy


def rebuild(context: JobContext) -> int:
    """Make the whole index anew; returns the passages."""
    states = context.toolbox.settings.public_states
    with context.reading() as db:
        mark = indexing.last_change(db)
        passages = context.toolbox.index.rebuild(indexing.everything(db, states))
    with context.checkpoint() as db:
        indexing.forget_until(db, mark)
    return passages


def _tell_some(context: JobContext) -> int:
    states = context.toolbox.settings.public_states
    index = context.toolbox.index
    with context.reading() as db:
        changed = indexing.waiting(db)
        found = {
            interview_id: indexing.indexed(db, interview_id, number=number, public_states=states)
            for interview_id, number in changed.items()
        }
    present: list[IndexedInterview] = [entry for entry in found.values() if entry is not None]
    if present:
        index.put_many(present)
    gone = [interview_id for interview_id, entry in found.items() if entry is None]
    if gone:
        index.drop(*gone)
    if changed:
        with context.checkpoint() as db:
            indexing.done(db, changed)
    return len(changed)
