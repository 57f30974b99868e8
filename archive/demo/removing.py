"""Takes the sample archive out again, without trace, and without touching the office's own.

What goes: interviews with their texts, jobs and files, objects of the vault that no other
row names, copies and pictures, collections, places, people, accounts. What stays: an
interview into which somebody put a file of their own, and whatever of the sample a real
record refers to; it loses its mark or, for an account, is closed.

The chain of events is append-only and goes on: that a sample was here and was removed is
part of what happened. It names no account that could sign in and holds no word of a text.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from archive import access, audit, queue
from archive.access import Actor, Refused
from archive.actions.office import SAMPLE_JOB
from archive.demo.contents import read_all
from archive.models import (
    Base,
    ChainHead,
    Collection,
    Contribution,
    Interview,
    Job,
    MediaFile,
    Outbox,
    Person,
    Place,
    Upload,
    User,
)
from archive.models.job import OPEN_STATES
from archive.toolbox import Toolbox
from search.backends.base import IndexBusy

LONGEST_WAIT_S = 15.0

Record = Collection | Person | Place


class SampleBeingLoaded(Refused):
    """A job is loading the sample right now."""

    code = "sample_being_loaded"


@dataclass(frozen=True, kw_only=True)
class Removed:
    """How many interviews went, and what of the sample stays because the office uses it."""

    interviews: int
    kept: list[str]


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The interviews that go, the ids of their originals, and the numbers of those that stay."""

    ids: list[str]
    originals: list[str]
    kept: list[str]


def remove(toolbox: Toolbox, actor: Actor) -> Removed:
    """Remove the sample; nothing happens when there is none. Raises SampleBeingLoaded."""
    access.require(actor, "manage_office")
    ours = {_digest(path): path for told in read_all().interviews for path in told.files}
    _stop_its_work(toolbox)
    with toolbox.database.writing() as db:
        found = _find(db, set(ours))
        collection = db.scalars(select(Collection).where(Collection.is_sample)).first()
        if collection is not None:
            audit.record(
                db, actor, "sample.removed", collection, interviews=len(found.ids), kept=found.kept
            )
        _remove_interviews(db, found)
        kept = [*found.kept, *_remove_records(db), *_remove_accounts(db)]
    _free_the_disk(toolbox, found, ours)
    if found.ids:
        with contextlib.suppress(IndexBusy):  # else the worker drops them, told by the outbox
            toolbox.index.drop(*found.ids)
    return Removed(interviews=len(found.ids), kept=kept)


def _stop_its_work(toolbox: Toolbox) -> None:
    """Cancel the sample's jobs and let running ones end; one that does not is fenced anyway."""
    with toolbox.database.writing() as db:
        loading = select(Job.id).where(Job.kind == SAMPLE_JOB, Job.state == "running")
        if db.scalar(loading.limit(1)) is not None:
            raise SampleBeingLoaded
        for job in db.scalars(_its_jobs()).all():
            queue.request_cancel(db, job)
    until = time.monotonic() + LONGEST_WAIT_S
    while time.monotonic() < until:
        with toolbox.database.reading() as db:
            if db.scalar(_its_jobs().where(Job.state == "running").limit(1)) is None:
                return
        time.sleep(toolbox.settings.poll_s)


def _its_jobs() -> Select[Job]:
    of_sample = select(Interview.id).where(Interview.is_sample)
    return select(Job).where(
        Job.state.in_(OPEN_STATES),
        Job.interview_id.in_(of_sample) | (Job.kind == SAMPLE_JOB),
    )


def _find(db: Session, ours: set[str]) -> _Found:
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
        if arriving is not None or any(file.sha256 not in ours for file in files):
            kept.append(interview.accession)
            continue
        ids.append(interview.id)
        originals += [file.id for file in files]
    return _Found(ids=ids, originals=originals, kept=sorted(kept))


def _remove_interviews(db: Session, found: _Found) -> None:
    for interview_id in found.ids:
        db.add(Outbox(interview_id=interview_id, reason="sample.removed"))
    if found.ids:
        queue.enqueue(db, "index", priority=50, unique_key="index")
    db.execute(delete(Interview).where(Interview.id.in_(found.ids)))
    db.execute(delete(Job).where(Job.kind == SAMPLE_JOB))
    db.expire_all()


def _remove_records(db: Session) -> list[str]:
    """Collections, people and places that nothing names now; gives the names of the others.

    What a real record names becomes the office's own.
    """
    kept: list[str] = []
    for model in (Collection, Person, Place):
        rows: list[Record] = list(db.scalars(select(model).where(model.is_sample)))
        # Places within others first: then the others are free to go.
        for row in sorted(rows, key=lambda r: getattr(r, "within_id", None) is None):
            users = _users_of(db, row)
            if not users:
                db.delete(row)
            else:
                row.is_sample = all(user.is_sample for user in users)
                kept.append(row.full_name if isinstance(row, Person) else row.code)
            db.flush()
    return kept


def _users_of(db: Session, row: Record) -> list[Interview | Place]:
    """The interviews and places that name a record."""
    if isinstance(row, Collection):
        return list(db.scalars(select(Interview).where(Interview.collection_id == row.id)))
    if isinstance(row, Person):
        query = select(Interview).join(Contribution, Contribution.interview_id == Interview.id)
        return list(db.scalars(query.where(Contribution.person_id == row.id)))
    interviews = db.scalars(select(Interview).where(Interview.place_id == row.id))
    places = db.scalars(select(Place).where(Place.within_id == row.id))
    return [*interviews, *places]


def _remove_accounts(db: Session) -> list[str]:
    """Accounts that left no mark on a record that stays; the others are closed, and kept."""
    kept = []
    for user in db.scalars(select(User).where(User.is_sample)).all():
        if _left_a_mark(db, user):
            user.is_active = False
            kept.append(user.email)
        else:
            db.delete(user)
        db.flush()
    return kept


def _left_a_mark(db: Session, user: User) -> bool:
    """Whether any row names the account, except those that go with it."""
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


def _free_the_disk(toolbox: Toolbox, found: _Found, ours: dict[str, Path]) -> None:
    """Objects that no row names any more, and the folders of copies.

    After the commit, so that a row never points at a missing file. Whoever sends the same
    bytes at this moment is waited for: an upload of that length keeps the object.
    """
    with toolbox.database.writing() as db:
        db.get(ChainHead, 1, with_for_update=True)  # every arrival takes it before its row
        named = set(db.scalars(select(MediaFile.sha256).where(MediaFile.sha256.in_(ours))))
        arriving = set(db.scalars(select(Upload.length_bytes).where(Upload.state == "receiving")))
        for sha256, path in ours.items():
            if sha256 not in named and path.stat().st_size not in arriving:
                toolbox.vault.discard(sha256)
    for original_id in found.originals:
        shutil.rmtree(toolbox.derivatives_dir / original_id, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
