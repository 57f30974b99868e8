"""Take jobs back from workers that were killed or lost the database.

Such an end is no fault of the job: it is counted apart from the attempts. A job that was
interrupted too often without progress in between waits for a person, since it may be what
ends its workers.
Reasons: docs/decisions/2026-11-30-kills-and-clocks.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.back_off import back_off_s
from archive.models import Job
from archive.queue.clock import LONGEST_LEASE, LONGEST_RETRY_DELAY, database_now, has_passed
from archive.queue.leases import MOST_INTERRUPTIONS, Lease, assert_lease


def reconcile(db: Session) -> int:
    """Queue, park or cancel jobs with an expired lease; return their number. Idempotent.

    A lease that lasts longer than any lease may was given by a clock that was wrong: it has
    expired as well.
    """
    now = database_now(db)
    expired = db.scalars(
        select(Job)
        .where(Job.state == "running", has_passed(Job.lease_until_at, now, longest=LONGEST_LEASE))
        .with_for_update(skip_locked=True)
    ).all()
    for job in expired:
        if job.cancel_requested:
            job.state, job.finished_at, job.lease_token = "cancelled", now, ""
        else:
            _count_interruption(job, now)
    return len(expired)


def interrupt(db: Session, lease: Lease) -> None:
    """Queue the job again after its worker lost the database; raises LeaseLost.

    The pause doubles with each interruption: a database that is full or locked answers now
    and then.
    """
    assert_lease(db, lease)
    job = db.get_one(Job, lease.job_id, populate_existing=True)
    pause_s = back_off_s(
        job.interruptions + 1, first_s=2.0, longest_s=LONGEST_RETRY_DELAY.total_seconds()
    )
    _count_interruption(job, database_now(db) + timedelta(seconds=pause_s))
    db.flush()


def _count_interruption(job: Job, run_after_at: datetime) -> None:
    job.lease_token, job.unique_key = "", ""
    job.attempts = max(0, job.attempts - 1)
    job.interruptions += 1
    job.run_after_at = run_after_at
    if job.interruptions >= MOST_INTERRUPTIONS:
        job.state, job.problem = "waiting", "interrupted_too_often"
    else:
        job.state = "queued"
