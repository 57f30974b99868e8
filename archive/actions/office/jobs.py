"""Jobs as users see them: list, cancel and retry, with permissions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from archive import access, audit, queue
from archive.access import Action, Refused, Rights
from archive.models import Interview, Job
from archive.models.base import utc_now
from archive.models.vocabulary import OPEN_JOB_STATES, RETRIABLE_JOB_STATES

SHOWN_PERIOD = timedelta(days=7)
MOST_SHOWN = 100

# The action that permits cancelling and retrying; other kinds need "manage_office".
ACTION_BY_KIND: dict[str, Action] = {
    "transcribe": "transcribe",
    "derive": "upload",
    "check_fixity": "check_fixity",
}


class NothingToStop(Refused):
    """The job has ended, or its cancellation was requested already."""

    code = "nothing_to_stop"


class NothingToRetry(Refused):
    """Only failed, cancelled and waiting jobs can be retried."""

    code = "nothing_to_retry"


@dataclass(frozen=True, kw_only=True)
class JobWithInterview:
    """A job with its interview, if it has one."""

    job: Job
    interview: Interview | None


@dataclass(frozen=True, kw_only=True)
class JobCounts:
    """How many jobs are in each group; `failed` are those of the last week."""

    working: int = 0
    queued: int = 0
    waiting: int = 0
    failed: int = 0

    @property
    def is_empty(self) -> bool:
        """Return whether there is no job in any group."""
        return not (self.working or self.queued or self.waiting or self.failed)


@dataclass(frozen=True, kw_only=True)
class InterviewJobs:
    """Jobs of one interview; without an interview the housekeeping of the archive."""

    interview: Interview | None
    jobs: list[Job]


def required_action(job: Job) -> Action:
    """Return the action that permits cancelling and retrying this job."""
    return ACTION_BY_KIND.get(job.kind, "manage_office")


def cancel(db: Session, rights: Rights, job: Job, *, interview: Interview | None) -> None:
    """Cancel a job; a running one stops within two seconds and keeps its checkpoint."""
    access.require(rights, required_action(job), access.Scope(interview, job))
    if job.state not in OPEN_JOB_STATES or job.cancel_requested:
        raise NothingToStop(state=job.state)
    queue.request_cancel(db, job)
    audit.record(db, rights.actor, "job.cancelled", job, interview=interview, kind_of_job=job.kind)


def retry(db: Session, rights: Rights, job: Job, *, interview: Interview | None) -> None:
    """Enqueue a failed, cancelled or waiting job again, from its checkpoint."""
    access.require(rights, required_action(job), access.Scope(interview, job))
    if job.state not in RETRIABLE_JOB_STATES:
        raise NothingToRetry(state=job.state)
    queue.retry(db, job)
    audit.record(db, rights.actor, "job.retried", job, interview=interview, kind_of_job=job.kind)


def open_jobs(db: Session, rights: Rights) -> list[JobWithInterview]:
    """Return the open jobs that the actor may see: first those that need a person."""
    access.require(rights, "see_jobs")
    query = _with_interviews(rights).where(Job.state.in_(OPEN_JOB_STATES))
    order = (
        ~queue.waits_for_person(),
        Job.state != "running",
        Job.state == "waiting",
        Job.priority.desc(),
        Job.id,
    )
    return _with_interview_rows(db, query.order_by(*order).limit(MOST_SHOWN))


def recent_failures(db: Session, rights: Rights) -> list[JobWithInterview]:
    """Return the jobs that failed in the last week and were not retried, newest first."""
    access.require(rights, "see_jobs")
    query = _with_interviews(rights).where(_is_recent_failure())
    return _with_interview_rows(db, query.order_by(Job.id.desc()).limit(MOST_SHOWN))


def count_jobs(db: Session, rights: Rights) -> JobCounts:
    """Count the open jobs, and those failed in the last week, that the actor may see."""
    query = select(
        func.count().filter(Job.state == "running"),
        func.count().filter(Job.state == "queued"),
        func.count().filter(Job.state == "waiting"),
        func.count().filter(_is_recent_failure()),
    ).select_from(Job)
    query = query.outerjoin(Interview, Interview.id == Job.interview_id)
    working, queued, waiting, failed = db.execute(access.visible_jobs(query, rights)).one()
    return JobCounts(working=working, queued=queued, waiting=waiting, failed=failed)


def by_interview(found: Iterable[JobWithInterview]) -> list[InterviewJobs]:
    """Group jobs by their interview, in the order given; housekeeping comes last."""
    groups: dict[str, InterviewJobs] = {}
    for item in found:
        key = item.interview.id if item.interview is not None else ""
        group = groups.setdefault(key, InterviewJobs(interview=item.interview, jobs=[]))
        group.jobs.append(item.job)
    return sorted(groups.values(), key=lambda group: group.interview is None)


def list_for_interview(db: Session, rights: Rights, interview: Interview) -> list[Job]:
    """Return the open jobs of an interview and its recent failures, newest first."""
    access.require(rights, "see_jobs", access.Scope(interview))
    return list(
        db.scalars(
            select(Job)
            .where(
                Job.interview_id == interview.id,
                or_(Job.state.in_(OPEN_JOB_STATES), _is_recent_failure()),
            )
            .order_by(Job.id.desc())
            .limit(MOST_SHOWN)
        )
    )


def _is_recent_failure() -> ColumnElement[bool]:
    return and_(Job.state == "failed", Job.finished_at > utc_now() - SHOWN_PERIOD)


def _with_interviews(rights: Rights) -> Select[Job, Interview]:
    query = select(Job, Interview).outerjoin(Interview, Interview.id == Job.interview_id)
    return access.visible_jobs(query, rights)


def _with_interview_rows(db: Session, query: Select[Job, Interview]) -> list[JobWithInterview]:
    return [JobWithInterview(job=job, interview=interview) for job, interview in db.execute(query)]
