"""Rebuild the search index from the database, and find out when that is needed.

The index is a cache: it may be lost, damaged, made by another version of the analysis, or
older than the database, as after a restore by hand. The setting `index_generation` is the state
of the index at the last acknowledged change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from archive import queue
from archive.actions.discovery import indexing
from archive.actions.office import settings
from archive.audit import follow_ups
from archive.audit.follow_ups import INDEX_PRIORITY, REBUILD_KEY
from archive.models import Interview, Job, Outbox
from archive.models.vocabulary import OPEN_JOB_STATES
from archive.toolbox import Toolbox
from search.backends.base import (
    Backend,
    IndexedInterview,
    IndexMissing,
    IndexOutdated,
    SearchIndexError,
)

GENERATION_SETTING = "index_generation"
# A job that failed for good is tried again, but not at every turn of the worker.
PAUSE_AFTER_FAILURE = timedelta(minutes=5)


def ignore_progress(_done: int, _total: int) -> None:
    """Do nothing with the progress of a rebuild."""


def rebuild(toolbox: Toolbox, *, on_progress: Callable[[int, int], None] = ignore_progress) -> int:
    """Rebuild the whole index beside the current one; return the number of passages.

    Each interview is read in a transaction of its own, so that the log of the database stays
    small. The index job goes on with the current index, and its changes are in the new one too.
    `on_progress` is called with the interviews done and their total, and may raise. The replaced
    index is deleted: words that were removed or hidden leave the disk with it. Raises IndexBusy
    during another rebuild, and where the replaced index could not be deleted for another writer.
    """
    with toolbox.database.reading() as db:
        last_change = indexing.last_change_number(db)
        noted = settings.get_value(db, GENERATION_SETTING)
        interview_ids = db.scalars(select(Interview.id).order_by(Interview.id)).all()

    def interviews() -> Iterator[IndexedInterview]:
        for done, interview_id in enumerate(interview_ids):
            on_progress(done, len(interview_ids))
            yield from read_interview(toolbox, interview_id)

    def changed(changed_ids: frozenset[str]) -> Iterator[IndexedInterview]:
        for interview_id in sorted(changed_ids):
            yield from read_interview(toolbox, interview_id)

    passages = toolbox.index.rebuild(interviews(), changed=changed, after=noted)
    with toolbox.database.writing() as db:
        indexing.acknowledge_until(db, last_change)
        note_generation(db, toolbox.index)
    toolbox.index.sweep()
    return passages


def read_interview(toolbox: Toolbox, interview_id: str) -> Iterator[IndexedInterview]:
    """Build the documents of an interview as it is now; nothing if it was deleted."""
    with toolbox.database.reading() as db:
        documents = indexing.build_documents(
            db,
            interview_id,
            number=indexing.last_change_number(db),
            public_states=toolbox.settings.public_states,
        )
    if documents is not None:
        yield documents


def note_generation(db: Session, index: Backend) -> None:
    """Store the state of the index, in the transaction that acknowledges changes."""
    settings.set_value(db, GENERATION_SETTING, index.generation())


def require_current(db: Session, index: Backend) -> None:
    """Raise SearchIndexError if the index is lost, unusable or older than the database."""
    generation = index.generation()
    if not generation:
        if db.scalar(select(Interview.id).limit(1)) is not None:
            raise IndexMissing("there are interviews, and no index")
        return
    noted = settings.get_value(db, GENERATION_SETTING)
    if noted and index.is_older_than(noted):
        raise IndexOutdated(expected=noted, found=generation)


def needs_rebuild(db: Session, index: Backend) -> bool:
    """Return whether the index must be rebuilt; for the index job, while no other writes.

    After a kill the index may be newer than noted: then the change that it has still waits.
    """
    try:
        require_current(db, index)
    except SearchIndexError:
        return True
    noted = settings.get_value(db, GENERATION_SETTING)
    return noted not in ("", index.generation()) and not _is_pending(db)


def request_rebuild_once(db: Session) -> None:
    """Enqueue a rebuild after a search that failed on the index, unless one runs."""
    if not _has_open_job(db, Job.unique_key == REBUILD_KEY) and not _failed_just_now(db):
        follow_ups.request_rebuild(db)


def enqueue_if_needed(toolbox: Toolbox) -> None:
    """Enqueue the index job while changes wait or the index needs it, and no job is open.

    For the worker, from time to time: a job that failed for good has left its changes waiting.
    """
    with toolbox.database.reading() as db:
        if not (_is_pending(db) or needs_rebuild(db, toolbox.index)):
            return
        if _has_open_job(db) or _failed_just_now(db):
            return
    with toolbox.database.writing() as db:
        queue.enqueue(db, "index", lane="light", priority=INDEX_PRIORITY, unique_key="index")


def _is_pending(db: Session) -> bool:
    return db.scalar(select(Outbox.number).limit(1)) is not None


def _has_open_job(db: Session, *conditions: ColumnElement[bool]) -> bool:
    query = select(Job.id).where(Job.kind == "index", Job.state.in_(OPEN_JOB_STATES), *conditions)
    return db.scalar(query.limit(1)) is not None


def _failed_just_now(db: Session) -> bool:
    """Return whether an index job failed in the last minutes; not in a future of a wrong clock."""
    now = queue.database_now(db)
    failed = select(Job.id).where(
        Job.kind == "index",
        Job.state == "failed",
        Job.finished_at.between(now - PAUSE_AFTER_FAILURE, now),
    )
    return db.scalar(failed.limit(1)) is not None
