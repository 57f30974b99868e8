"""Originals without all of their derivatives: found by a daily job, or on request.

A job may have been lost with its attempts, cancelled, or never enqueued by an older program.
A recipe that refused a file has answered; only a person has it tried again.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Rights
from archive.actions.holdings import derivatives
from archive.models import Interview, Job, MediaFile
from archive.models.vocabulary import OPEN_JOB_STATES
from archive.toolbox import Toolbox
from media.derivatives.registry import recipes_for
from media.kinds import FILE_KINDS, Kind, RefusedKind, sniff

DAILY_PRIORITY = -20
REQUESTED_PRIORITY = 5


def find_unanswered(db: Session, toolbox: Toolbox) -> list[MediaFile]:
    """Return the originals for which a recipe has no answer. Reads the disk: no lock is needed."""
    return _find(db, toolbox, is_repeated=False)


def enqueue_daily(db: Session, originals: Iterable[MediaFile]) -> int:
    """Enqueue a `derive` job for each, unless it has one that is open; count them."""
    return _enqueue(db, originals, priority=DAILY_PRIORITY, is_requested=False)


def request_missing(
    db: Session, rights: Rights, *, toolbox: Toolbox, interview: Interview | None = None
) -> int:
    """Enqueue jobs for one interview or for all that the actor may add files to; count them.

    Tries again what a recipe refused, and what failed or waits for a person.
    """
    access.require(rights, "upload", access.Scope(interview))
    if interview is not None:
        missing = _find(db, toolbox, is_repeated=True, interview=interview)
    else:
        # In a transaction of its own: of ten thousand recordings this takes seconds, and a save
        # meanwhile must not wait for it.
        with toolbox.database.reading() as reading:
            found = _find(reading, toolbox, is_repeated=True)
        missing = [file for file in found if _may_upload(db, rights, file)]
    return _enqueue(
        db,
        missing,
        priority=REQUESTED_PRIORITY,
        is_requested=True,
        requested_by_id=rights.actor.user_id or None,
    )


def lacks_derivative(
    original: MediaFile, derived: Iterable[MediaFile], *, toolbox: Toolbox, is_repeated: bool
) -> bool:
    """Return whether a recipe has no complete file; without `is_repeated`, no answer either."""
    answered = {
        (file.recipe, file.recipe_version)
        for file in derived
        if (file.problem and not is_repeated)
        or derivatives.is_complete(file, root=toolbox.derivatives_dir)
    }
    kind = _kind_of(original, toolbox)
    expected = recipes_for(kind) if kind is not None else []
    return any((recipe.name, recipe.version) not in answered for recipe in expected)


def _find(
    db: Session, toolbox: Toolbox, *, is_repeated: bool, interview: Interview | None = None
) -> list[MediaFile]:
    query = select(MediaFile)
    if interview is not None:
        query = query.where(MediaFile.interview_id == interview.id)
    derived: dict[str, list[MediaFile]] = {}
    for file in db.scalars(query.where(MediaFile.derived_from_id.is_not(None))):
        derived.setdefault(file.derived_from_id or "", []).append(file)
    return [
        original
        for original in db.scalars(query.where(MediaFile.role == "original"))
        if lacks_derivative(
            original, derived.get(original.id, ()), toolbox=toolbox, is_repeated=is_repeated
        )
    ]


def _enqueue(
    db: Session,
    originals: Iterable[MediaFile],
    *,
    priority: int,
    is_requested: bool,
    requested_by_id: str | None = None,
) -> int:
    """Enqueue jobs, or retry those that failed, so that no original has two; count them.

    A job that waits for a person is retried only on request.
    """
    jobs = {
        str(job.payload.get("subject_id", "")): job
        for job in db.scalars(
            select(Job)
            .where(Job.kind == "derive", Job.state.in_((*OPEN_JOB_STATES, "failed")))
            # The open job of an original comes last, and so it is the one that counts.
            .order_by(Job.state.in_(OPEN_JOB_STATES), Job.id)
        )
    }
    count = 0
    for original in originals:
        job = jobs.get(original.id)
        if job is None:
            queue.enqueue(
                db,
                "derive",
                lane="files",
                interview_id=original.interview_id,
                unique_key=f"derive:{original.id}",
                payload={"subject_id": original.id},
                priority=priority,
                requested_by_id=requested_by_id,
            )
        elif job.state == "failed" or (job.state == "waiting" and is_requested):
            queue.retry(db, job)
        else:
            continue
        count += 1
    return count


def _kind_of(original: MediaFile, toolbox: Toolbox) -> Kind | None:
    kind = FILE_KINDS.get(str(original.technical.get("kind", "")))
    if kind is not None:
        return kind
    try:
        return sniff(toolbox.vault.path(original.sha256), original.filename)
    except (OSError, RefusedKind):
        return None  # the fixity check names it


def _may_upload(db: Session, rights: Rights, file: MediaFile) -> bool:
    interview = db.get_one(Interview, file.interview_id)
    return bool(access.may(rights, "upload", access.Scope(interview)))
