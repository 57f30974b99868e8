"""The job that loads the sample: interrupted, completed later, refused."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from archive import queue
from archive.actions.office.first_run import SAMPLE_JOB
from archive.demo import removing
from archive.demo.sample_files import read_sample
from archive.jobs import load_sample
from archive.jobs.context import JobContext
from archive.jobs.worker import Worker
from archive.models import Interview, Job, MediaFile
from archive.toolbox import Toolbox
from tests.support import archive_snapshot, media_factory
from tests.support.rights import rights_of_machine


class CancelledContext(JobContext):
    """A context that is cancelled after two progress steps."""

    steps = 0

    def progress(self, fraction: float, message: str = "", **detail: object) -> None:
        self.steps += 1
        if self.steps > 2:
            raise queue.Cancelled
        super().progress(fraction, message, **detail)


def enqueue_load(toolbox: Toolbox) -> str:
    with toolbox.database.writing() as db:
        return queue.enqueue(db, SAMPLE_JOB, unique_key=SAMPLE_JOB, priority=99).id


def test_load_sample_cancelled_midway_is_completed_by_a_retry(toolbox: Toolbox) -> None:
    sample, before = read_sample(), archive_snapshot.rows(toolbox)
    job_id = enqueue_load(toolbox)
    with toolbox.database.writing() as db:
        lease = queue.claim(db, ("light",), worker="test", lease_s=60)
    assert lease is not None
    with pytest.raises(queue.Cancelled):
        load_sample.handle(CancelledContext(toolbox, lease))
    with toolbox.database.writing() as db:
        job = db.get_one(Job, job_id)
        assert (job.message, 0 < job.progress < 0.5) == ("loading_sample", True)
        assert db.scalar(select(func.count()).where(MediaFile.role == "original")) == 2
        queue.mark_cancelled(db, lease)
    with toolbox.database.writing() as db:
        queue.retry(db, db.get_one(Job, job_id))
    assert Worker(toolbox).run_one(("light",))
    with toolbox.database.reading() as db:
        job = db.get_one(Job, job_id)
        assert job.state == "done"
        assert job.result == {"interviews": len(sample.interviews), "added": 0}
        assert db.scalar(select(func.count()).where(Interview.is_sample)) == len(sample.interviews)
        assert db.scalar(select(func.count()).where(MediaFile.role == "original")) == sum(
            len(interview.files) for interview in sample.interviews
        )
        payloads = select(Job.payload).where(Job.kind == "transcribe")
        assert [payload["model"] for payload in db.scalars(payloads)] == ["demo"] * 3
    assert removing.remove(toolbox, rights_of_machine("test")).interviews == len(sample.interviews)
    assert archive_snapshot.rows(toolbox) == before


def test_load_sample_with_a_used_name_fails_finally(toolbox: Toolbox) -> None:
    media_factory.add_interview(toolbox.database, "MAU-003")
    job_id = enqueue_load(toolbox)
    assert Worker(toolbox).run_one(("light",))
    with toolbox.database.reading() as db:
        job = db.get_one(Job, job_id)
        assert (job.state, job.problem, job.detail) == (
            "failed",
            "sample_in_the_way",
            {"name": "MAU-003"},
        )
        assert db.scalar(select(func.count()).where(Interview.is_sample)) == 0
