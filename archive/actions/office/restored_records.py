"""Complete the records of a restored database before it is used.

The restore becomes an event of the chain. Access copies and the search index are not part of a
backup: jobs make them again. Sessions end, since some may have been closed after the backup.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from archive import audit, queue
from archive.access import Rights
from archive.actions.holdings import missing_derivatives
from archive.actions.office import settings as site_settings
from archive.actions.office.backup_manifest import Manifest
from archive.audit.follow_ups import INDEX_PRIORITY
from archive.database_copies import file_url
from archive.db import Database
from archive.models import Job, MediaFile, Presence, Setting, SignInSession, WorkerHeartbeat
from archive.models.base import utc_now
from archive.models.vocabulary import OPEN_JOB_STATES
from archive.toolbox import Toolbox

LAST_RESTORE = "last_restore"
BACKUP_JOB = "backup"


@dataclass(frozen=True, kw_only=True)
class RestoredFrom:
    """The restore: its id, the copy, and the originals whose bytes are missing."""

    restore_id: str
    manifest: Manifest
    missing: list[str]


def complete_records(
    file: Path, rights: Rights, restored: RestoredFrom, *, toolbox: Toolbox
) -> int | None:
    """Complete the records in an SQLite file and close it.

    Returns the number of the first event that breaks the chain, as `audit.verify_chain`.
    """
    database = Database(file_url(file))
    try:
        with database.writing() as db:
            broken = audit.verify_chain(db)
            db.execute(delete(SignInSession))
            db.execute(delete(Presence))
            db.execute(delete(WorkerHeartbeat))  # of the computer that made the copy
            _mark_missing(db, restored.missing)
            _record(db, rights, restored)
            _cancel_backups(db)
            lacking = missing_derivatives.find_unanswered(db, toolbox)
            missing_derivatives.enqueue_daily(db, lacking)
            queue.enqueue(db, "index", priority=INDEX_PRIORITY, unique_key="index")
        return broken
    finally:
        database.dispose()


def is_of(db: Session, restore_id: str) -> bool:
    """Return whether a database was completed by this restore."""
    return site_settings.get_value(db, LAST_RESTORE) == restore_id


def _mark_missing(db: Session, missing: list[str]) -> None:
    for sha256 in missing:
        db.execute(
            update(MediaFile)
            .where(MediaFile.sha256 == sha256, MediaFile.role == "original")
            .values(check_state="missing", checked_at=utc_now())
        )


def _record(db: Session, rights: Rights, restored: RestoredFrom) -> None:
    site_settings.set_value(db, LAST_RESTORE, restored.restore_id)
    db.flush()
    audit.record(
        db,
        rights.actor,
        "archive.restored",
        db.get_one(Setting, LAST_RESTORE),
        copy=restored.manifest.name,
        made_at=restored.manifest.made_at,
        originals=len(restored.manifest.objects),
        missing=restored.missing,
        missing_count=len(restored.missing),
    )


def _cancel_backups(db: Session) -> None:
    """Cancel the backup that was running when the copy was made."""
    for job in db.scalars(
        select(Job).where(Job.kind == BACKUP_JOB, Job.state.in_(OPEN_JOB_STATES))
    ):
        job.state, job.lease_token, job.finished_at = "cancelled", "", utc_now()
