"""Remove the sample archive without touching records of the office.

Deleted: interviews with their transcripts, jobs and files, vault objects that no other row
refers to, derivatives, collections, places, people, accounts. Kept: an interview to which a
user added a file, and every sample record that a real record refers to; it becomes a real
record or, for an account, is closed.

The chain of events is append-only: the events of loading and removing the sample stay.
They refer to no account that could sign in and contain no text of a transcript.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from archive import access, audit, queue
from archive.access import Refused, Rights
from archive.actions.office.first_run import SAMPLE_JOB
from archive.demo.sample_files import read_sample
from archive.models import (
    AccessionNumber,
    ApprovedSpeaker,
    Base,
    ChainHead,
    Collection,
    Contribution,
    Interview,
    Job,
    MediaFile,
    Person,
    Place,
    TranscriptVersion,
    Upload,
    User,
)
from archive.models.vocabulary import OPEN_JOB_STATES
from archive.toolbox import Toolbox
from search.backends.base import IndexBusy

MAX_WAIT_S = 15.0

Record = Collection | Person | Place


class SampleBeingLoaded(Refused):
    """A job is loading the sample now."""

    code = "sample_being_loaded"


@dataclass(frozen=True, kw_only=True)
class RemovalResult:
    """How many interviews were removed, and the names of sample records kept in use."""

    interviews: int
    kept: list[str]


@dataclass(frozen=True, kw_only=True)
class _Removable:
    """Ids of interviews to remove, ids of their originals, accession numbers of those kept."""

    ids: list[str]
    originals: list[str]
    kept: list[str]


def remove(toolbox: Toolbox, rights: Rights) -> RemovalResult:
    """Remove the sample if there is one. Raises SampleBeingLoaded."""
    access.require(rights, "manage_office")
    sample_files = {
        _digest(path): path for interview in read_sample().interviews for path in interview.files
    }
    _cancel_jobs(toolbox)
    with toolbox.database.writing() as db:
        removable = _find_removable(db, set(sample_files))
        collection = db.scalars(select(Collection).where(Collection.is_sample)).first()
        if collection is not None:
            audit.record(
                db,
                rights.actor,
                "sample.removed",
                collection,
                interviews=len(removable.ids),
                kept=removable.kept,
            )
        _remove_interviews(db, removable)
        kept = [*removable.kept, *_remove_records(db), *_remove_accounts(db)]
    _delete_files(toolbox, removable, sample_files)
    if removable.ids:
        with contextlib.suppress(IndexBusy):  # else the worker drops them by the outbox rows
            toolbox.index.drop(*removable.ids)
    return RemovalResult(interviews=len(removable.ids), kept=kept)


def _cancel_jobs(toolbox: Toolbox) -> None:
    """Cancel the sample's jobs and wait for running ones; their writes are fenced in any case."""
    with toolbox.database.writing() as db:
        loading = select(Job.id).where(Job.kind == SAMPLE_JOB, Job.state == "running")
        if db.scalar(loading.limit(1)) is not None:
            raise SampleBeingLoaded
        for job in db.scalars(_open_sample_jobs()).all():
            queue.request_cancel(db, job)
    deadline = time.monotonic() + MAX_WAIT_S
    while time.monotonic() < deadline:
        with toolbox.database.reading() as db:
            if db.scalar(_open_sample_jobs().where(Job.state == "running").limit(1)) is None:
                return
        time.sleep(toolbox.settings.poll_s)


def _open_sample_jobs() -> Select[Job]:
    of_sample = select(Interview.id).where(Interview.is_sample)
    return select(Job).where(
        Job.state.in_(OPEN_JOB_STATES),
        Job.interview_id.in_(of_sample) | (Job.kind == SAMPLE_JOB),
    )


def _find_removable(db: Session, sample_files: set[str]) -> _Removable:
    ids, originals, kept = [], [], []
    for interview in db.scalars(select(Interview).where(Interview.is_sample)).all():
        files = db.scalars(
            select(MediaFile).where(
                MediaFile.interview_id == interview.id, MediaFile.role == "original"
            )
        ).all()
        arriving = db.scalar(
            select(Upload.id)
            .where(Upload.interview_id == interview.id, Upload.state == "receiving")
            .limit(1)
        )
        if arriving is not None or any(file.sha256 not in sample_files for file in files):
            kept.append(interview.accession)
            continue
        ids.append(interview.id)
        originals += [file.id for file in files]
    return _Removable(ids=ids, originals=originals, kept=sorted(kept))


def _remove_interviews(db: Session, removable: _Removable) -> None:
    audit.index_interviews(db, removable.ids, "sample.removed")
    # Transcripts first: the database refuses to delete a contribution or recording in use.
    db.execute(delete(TranscriptVersion).where(TranscriptVersion.interview_id.in_(removable.ids)))
    db.execute(delete(AccessionNumber).where(AccessionNumber.interview_id.in_(removable.ids)))
    db.execute(delete(Interview).where(Interview.id.in_(removable.ids)))
    db.execute(delete(Job).where(Job.kind == SAMPLE_JOB))
    db.expire_all()


def _remove_records(db: Session) -> list[str]:
    """Delete unused collections, people and places; return the names of those kept.

    A record that a real record refers to becomes a real record.
    """
    kept: list[str] = []
    for model in (Collection, Person, Place):
        rows: list[Record] = list(db.scalars(select(model).where(model.is_sample)))
        # Places within others first: then the outer ones are unused.
        for row in sorted(rows, key=lambda r: getattr(r, "within_id", None) is None):
            using = _records_using(db, row)
            if not using:
                db.delete(row)
            else:
                row.is_sample = all(user.is_sample for user in using)
                kept.append(row.full_name if isinstance(row, Person) else row.code)
            db.flush()
    return kept


def _records_using(db: Session, row: Record) -> list[Interview | Place]:
    """Return the interviews and places that refer to a record."""
    if isinstance(row, Collection):
        return list(db.scalars(select(Interview).where(Interview.collection_id == row.id)))
    if isinstance(row, Person):
        approved = select(ApprovedSpeaker.contribution_id).where(
            ApprovedSpeaker.person_id == row.id
        )
        query = select(Interview).join(Contribution, Contribution.interview_id == Interview.id)
        is_named = or_(Contribution.person_id == row.id, Contribution.id.in_(approved))
        return list(db.scalars(query.where(is_named)).unique())
    interviews = db.scalars(select(Interview).where(Interview.place_id == row.id))
    places = db.scalars(select(Place).where(Place.within_id == row.id))
    return [*interviews, *places]


def _remove_accounts(db: Session) -> list[str]:
    """Delete accounts that no remaining row refers to; close the others and return their emails."""
    kept = []
    for user in db.scalars(select(User).where(User.is_sample)).all():
        if _is_referenced(db, user):
            user.is_active = False
            kept.append(user.email)
        else:
            db.delete(user)
        db.flush()
    return kept


def _is_referenced(db: Session, user: User) -> bool:
    """Return whether any row refers to the account, except rows deleted with it."""
    keys = [
        key
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.target_fullname == "user.id" and key.ondelete != "CASCADE"
    ]
    return any(
        db.scalar(select(key.parent).where(key.parent == user.id).limit(1)) is not None
        for key in keys
    )


def _delete_files(toolbox: Toolbox, removable: _Removable, sample_files: dict[str, Path]) -> None:
    """Delete vault objects that no row refers to, and the folders of derivatives.

    Runs after the commit, so that no row refers to a missing file. An object is kept while an
    upload of the same length is being received: it may be the same bytes.
    """
    with toolbox.database.writing() as db:
        db.get(
            ChainHead, 1, with_for_update=True
        )  # every ingest locks this row before it adds its own
        referenced = set(
            db.scalars(select(MediaFile.sha256).where(MediaFile.sha256.in_(sample_files)))
        )
        arriving = set(db.scalars(select(Upload.length_bytes).where(Upload.state == "receiving")))
        for sha256, path in sample_files.items():
            if sha256 not in referenced and path.stat().st_size not in arriving:
                toolbox.vault.discard(sha256)
    for original_id in removable.originals:
        shutil.rmtree(toolbox.derivatives_dir / original_id, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
