"""Originals without copies are found every day and on request, and planned once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete

from archive.access import NotAllowed, NotVisible, Rights
from archive.actions.holdings import local_ingest, missing_derivatives
from archive.jobs.worker import Worker
from archive.models import Interview, Job, MediaFile
from archive.models.vocabulary import JobState
from archive.queue import MOST_INTERRUPTIONS
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support import media_files as media

RightsOf = Callable[[str | None], Rights]


@pytest.fixture
def original(toolbox: Toolbox, rights_of: RightsOf, tmp_path: Path) -> str:
    """A sound that was received, and no job is left that would make its copies."""
    media_factory.add_interview(toolbox.database)
    item = local_ingest.ingest_file(
        toolbox, rights_of("ben"), "LK-1", path=media_factory.write_wav(tmp_path)
    )
    with toolbox.database.writing() as db:
        db.execute(delete(Job))
    return item.file_id


def plan_daily(toolbox: Toolbox) -> int:
    with toolbox.database.reading() as db:
        unanswered = missing_derivatives.find_unanswered(db, toolbox)
    with toolbox.database.writing() as db:
        return missing_derivatives.enqueue_daily(db, unanswered)


def request(toolbox: Toolbox, rights: Rights, accession: str | None = None) -> int:
    with toolbox.database.writing() as db:
        interview = db.query(Interview).filter_by(accession=accession).one() if accession else None
        return missing_derivatives.request_missing(db, rights, toolbox=toolbox, interview=interview)


def run_jobs(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("light", "files")).run_until_idle()


def roles_made(toolbox: Toolbox) -> list[str]:
    with toolbox.database.reading() as db:
        files = db.query(MediaFile).filter(MediaFile.path != "").all()
        return sorted(file.role for file in files)


def add_job(toolbox: Toolbox, file_id: str, state: JobState, *, interruptions: int = 0) -> str:
    with toolbox.database.writing() as db:
        file = db.get_one(MediaFile, file_id)
        job = Job(
            kind="derive",
            lane="files",
            interview_id=file.interview_id,
            payload={"subject_id": file_id},
            state=state,
            attempts=5,
            interruptions=interruptions,
        )
        db.add(job)
        db.flush()
        return job.id


def job_states(toolbox: Toolbox) -> list[tuple[str, int]]:
    with toolbox.database.reading() as db:
        return [(job.state, job.attempts) for job in db.query(Job).filter_by(kind="derive")]


def test_original_without_any_derivative_is_planned_daily(toolbox: Toolbox, original: str) -> None:
    assert plan_daily(toolbox) == 1
    assert plan_daily(toolbox) == 0  # a job is open
    run_jobs(toolbox)
    assert roles_made(toolbox) == ["access", "peaks"]
    assert plan_daily(toolbox) == 0


def test_daily_clean_up_plans_what_is_missing(toolbox: Toolbox, original: str) -> None:
    with toolbox.database.writing() as db:
        db.add(Job(kind="sweep", lane="files"))
    run_jobs(toolbox)
    assert roles_made(toolbox) == ["access", "peaks"]
    with toolbox.database.reading() as db:
        [sweep] = db.query(Job).filter_by(kind="sweep")
        assert sweep.result["missing_copies"] == 1


def test_original_of_an_older_program_is_recognised_by_its_bytes(
    toolbox: Toolbox, original: str
) -> None:
    with toolbox.database.writing() as db:
        db.get_one(MediaFile, original).technical = {}
    assert plan_daily(toolbox) == 1


def test_copy_that_lost_its_end_is_made_again(toolbox: Toolbox, original: str) -> None:
    """A power cut may leave an empty file under the name of a copy."""
    plan_daily(toolbox)
    run_jobs(toolbox)
    with toolbox.database.reading() as db:
        access = db.query(MediaFile).filter_by(role="access").one()
    path = toolbox.derivatives_dir / access.path
    path.write_bytes(b"")
    assert plan_daily(toolbox) == 1
    run_jobs(toolbox)
    with toolbox.database.reading() as db:
        made = db.query(MediaFile).filter_by(role="access").one()
    assert (toolbox.derivatives_dir / made.path).stat().st_size == made.size_bytes > 0


def test_failed_job_is_retried_instead_of_a_second_one(toolbox: Toolbox, original: str) -> None:
    add_job(toolbox, original, "failed")
    assert plan_daily(toolbox) == 1
    assert job_states(toolbox) == [("queued", 0)]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_open_job_is_left_alone(
    toolbox: Toolbox, original: str, rights_of: RightsOf, state: JobState
) -> None:
    add_job(toolbox, original, "failed")
    add_job(toolbox, original, state)
    assert (plan_daily(toolbox), request(toolbox, rights_of("ben"))) == (0, 0)


def test_job_that_waits_for_a_person_is_retried_on_request_only(
    toolbox: Toolbox, original: str, rights_of: RightsOf
) -> None:
    job_id = add_job(toolbox, original, "waiting", interruptions=MOST_INTERRUPTIONS)
    assert plan_daily(toolbox) == 0
    assert request(toolbox, rights_of("ben"), "LK-1") == 1
    with toolbox.database.reading() as db:
        job = db.get_one(Job, job_id)
        assert (job.state, job.interruptions) == ("queued", 0)


def test_refused_recipe_is_repeated_on_request_only(
    toolbox: Toolbox, rights_of: RightsOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    path = tmp_path / "cut.wav"
    path.write_bytes(media_factory.write_wav(tmp_path, seconds=5.0).read_bytes()[:40])
    local_ingest.ingest_file(toolbox, rights_of("ben"), "LK-1", path=path)
    run_jobs(toolbox)
    assert roles_made(toolbox) == []
    assert plan_daily(toolbox) == 0
    assert request(toolbox, rights_of("ben"), "LK-1") == 1


def test_document_needs_no_copy(toolbox: Toolbox, rights_of: RightsOf, tmp_path: Path) -> None:
    media_factory.add_interview(toolbox.database)
    path = media.every_kind(tmp_path)["PDF"]
    local_ingest.ingest_file(toolbox, rights_of("ben"), "LK-1", path=path)
    run_jobs(toolbox)
    assert (plan_daily(toolbox), request(toolbox, rights_of("ben"))) == (0, 0)


def test_request_needs_the_right_to_upload(
    toolbox: Toolbox, original: str, rights_of: RightsOf
) -> None:
    for name in ("cleo", "sam", None):
        for accession in (None, "LK-1"):
            with pytest.raises((NotAllowed, NotVisible)):
                request(toolbox, rights_of(name), accession)
    assert request(toolbox, rights_of("ben")) == 1
    with toolbox.database.reading() as db:
        [job] = db.query(Job).filter_by(kind="derive")
        assert job.requested_by_id == rights_of("ben").actor.user_id
