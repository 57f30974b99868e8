"""Work in progress: what the machine is doing, and the right to stop it or to try again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from archive import access, audit, queue
from archive.access import Action, Actor, Refused
from archive.models import Interview, Job
from archive.models.base import utc_now
from archive.models.job import OPEN_STATES, RETRIABLE_STATES

SHOWN_FOR = timedelta(days=7)
MOST_SHOWN = 100

# Who may start a thing may stop it. Everything else belongs to who runs the office.
RIGHTS: dict[str, Action] = {
    "transcribe": "transcribe",
    "derive": "upload",
    "check_fixity": "check_fixity",
}


class NothingToStop(Refused):
    """The job has ended, or was asked to stop already."""

    code = "nothing_to_stop"


class NothingToRetry(Refused):
    """Only a job that failed, was cancelled or waits can be started again."""

    code = "nothing_to_retry"


@dataclass(frozen=True, kw_only=True)
class Work:
    """A job and the interview that it works for, if any."""

    job: Job
    interview: Interview | None


def right_over(job: Job) -> Action:
    """The right that cancelling and retrying this job needs."""
    return RIGHTS.get(job.kind, "manage_office")


def cancel(db: Session, actor: Actor, job: Job, *, interview: Interview | None) -> None:
    """Stop a job; one that runs stops within two seconds, and its checkpoint stays."""
    access.require(actor, right_over(job), job, interview=interview)
    if job.state not in OPEN_STATES or job.cancel_requested:
        raise NothingToStop(state=job.state)
    queue.request_cancel(db, job)
    audit.record(db, actor, "job.cancelled", job, interview=interview, kind_of_job=job.kind)


def retry(db: Session, actor: Actor, job: Job, *, interview: Interview | None) -> None:
    """Start a job that ended badly again, from its checkpoint."""
    access.require(actor, right_over(job), job, interview=interview)
    if job.state not in RETRIABLE_STATES:
        raise NothingToRetry(state=job.state)
    queue.retry(db, job)
    audit.record(db, actor, "job.retried", job, interview=interview, kind_of_job=job.kind)


def under_way(db: Session, actor: Actor) -> list[Work]:
    """Every open job that the actor may see: what runs first, then what comes next."""
    access.require(actor, "see_jobs")
    query = _with_interviews(actor).where(Job.state.in_(OPEN_STATES))
    order = (Job.state != "running", Job.state == "waiting", Job.priority.desc(), Job.id)
    return _works(db, query.order_by(*order).limit(MOST_SHOWN))


def troubled(db: Session, actor: Actor) -> list[Work]:
    """What failed in the last week and was not started again, newest first."""
    access.require(actor, "see_jobs")
    query = _with_interviews(actor).where(_is_trouble())
    return _works(db, query.order_by(Job.id.desc()).limit(MOST_SHOWN))


def counted(db: Session, actor: Actor) -> tuple[int, int]:
    """How much is under way and how much failed in the last week, as far as the actor may see."""
    query = select(
        func.count().filter(Job.state.in_(OPEN_STATES)), func.count().filter(_is_trouble())
    ).select_from(Job)
    query = query.outerjoin(Interview, Interview.id == Job.interview_id)
    under_way, failed = db.execute(access.visible_jobs(query, actor)).one()
    return under_way, failed


def of_interview(db: Session, actor: Actor, interview: Interview) -> list[Job]:
    """The open jobs of an interview and its latest failures, newest first."""
    access.require(actor, "see_jobs", interview)
    return list(
        db.scalars(
            select(Job)
            .where(
                Job.interview_id == interview.id, Job.state.in_((*OPEN_STATES, "failed")),
                Job.created_at > utc_now() - SHOWN_FOR,
            )
            .order_by(Job.id.desc())
            .limit(MOST_SHOWN)
        )
    )  # fmt: skip


def _is_trouble() -> ColumnElement[bool]:
    return and_(Job.state == "failed", Job.created_at > utc_now() - SHOWN_FOR)


def _with_interviews(actor: Actor) -> Select[Job, Interview]:
    query = select(Job, Interview).outerjoin(Interview, Interview.id == Job.interview_id)
    return access.visible_jobs(query, actor)


def _works(db: Session, query: Select[Job, Interview]) -> list[Work]:
    return [Work(job=job, interview=interview) for job, interview in db.execute(query)]
