"""Lists of jobs: what is shown, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from archive.access import Rights
from archive.actions.office import jobs
from archive.models import Interview, Job
from archive.models.base import utc_now
from archive.models.vocabulary import JobState
from archive.queue import MOST_INTERRUPTIONS, enqueue
from archive.toolbox import Toolbox
from tests.support import media_factory

RightsOf = Callable[[str | None], Rights]


def test_open_jobs_begin_with_those_that_need_a_person(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    with toolbox.database.writing() as db:
        rows = {name: enqueue(db, name) for name in ("queued", "parked", "running", "person")}
        rows["running"].state = "running"
        rows["parked"].state = rows["person"].state = "waiting"
        rows["person"].interruptions = MOST_INTERRUPTIONS
    with toolbox.database.reading() as db:
        kinds = [item.job.kind for item in jobs.open_jobs(db, rights_of("ada"))]
    assert kinds == ["person", "running", "queued", "parked"]


def test_open_jobs_of_an_interview_are_listed_however_old_they_are(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    """A job may wait for a person for months; failures are shown for a week."""
    media_factory.add_interview(toolbox.database)
    with toolbox.database.writing() as db:
        interview = db.query(Interview).one()
        for state in ("waiting", "failed", "done"):
            job = enqueue(db, state, interview_id=interview.id)
            job.state, job.created_at = state, job.created_at - timedelta(days=100)
            job.finished_at = job.created_at
    with toolbox.database.reading() as db:
        listed = jobs.list_for_interview(db, rights_of("ben"), db.query(Interview).one())
        assert [job.kind for job in listed] == ["waiting"]
        assert db.query(Job).count() == 3


def test_old_job_that_failed_again_today_is_a_recent_failure(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    with toolbox.database.writing() as db:
        job = enqueue(db, "derive")
        job.state, job.created_at = "failed", job.created_at - timedelta(days=100)
        job.finished_at = utc_now()
    with toolbox.database.reading() as db:
        rights = rights_of("ada")
        assert [one.job.kind for one in jobs.recent_failures(db, rights)] == ["derive"]
        assert jobs.count_jobs(db, rights) == jobs.JobCounts(failed=1)


def test_jobs_are_grouped_by_interview_and_housekeeping_comes_last(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    for accession in ("LK-1", "LK-2"):
        media_factory.add_interview(toolbox.database, accession)
    with toolbox.database.writing() as db:
        first, second = (one.id for one in db.query(Interview).order_by(Interview.accession))
        for kind, interview_id in (("sweep", None), ("a", first), ("b", second), ("c", first)):
            enqueue(db, kind, interview_id=interview_id)
    with toolbox.database.reading() as db:
        groups = jobs.by_interview(jobs.open_jobs(db, rights_of("ada")))
        assert [
            (group.interview and group.interview.accession, [job.kind for job in group.jobs])
            for group in groups
        ] == [("LK-1", ["a", "c"]), ("LK-2", ["b"]), (None, ["sweep"])]


def test_jobs_are_counted_by_what_they_wait_for(toolbox: Toolbox, rights_of: RightsOf) -> None:
    states: tuple[JobState, ...] = ("running", "queued", "queued", "waiting", "done")
    with toolbox.database.writing() as db:
        for number, state in enumerate(states):
            enqueue(db, f"kind {number}").state = state
    with toolbox.database.reading() as db:
        found = jobs.count_jobs(db, rights_of("ada"))
    assert found == jobs.JobCounts(working=1, queued=2, waiting=1)
