"""Real processes whose clock jumps by a year: jobs, leases and daily jobs go on (SQLite).

On PostgreSQL all times of the queue are those of the server: `test_queue_clock.py` moves the
stored instants instead.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive.access import Rights
from archive.actions.holdings import local_ingest, uploads
from archive.models import Event, Job, Outbox, Upload
from archive.models.base import utc_now
from archive.queue import enqueue
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.http_server import ROOT
from tests.support.worker_process import command, environment, wait_until
from tests.support.wrong_clock import RIGHT, YEAR_AHEAD, YEAR_BACK, MovableClock

pytestmark = [pytest.mark.slow, pytest.mark.sqlite_only]
RightsOf = Callable[[str | None], Rights]
HALF_A_YEAR = timedelta(days=180)


@contextlib.contextmanager
def worker_with(toolbox: Toolbox, clock: MovableClock) -> Iterator[subprocess.Popen[bytes]]:
    """Run `flask worker` with a clock, and kill it at the end."""
    process = subprocess.Popen(
        command("worker"), cwd=ROOT, env=environment(toolbox.settings, **clock.environment)
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(240)


def run_flask(toolbox: Toolbox, clock: MovableClock, *words: str) -> None:
    subprocess.run(
        command(*words),
        cwd=ROOT,
        env=environment(toolbox.settings, **clock.environment),
        check=True,
        capture_output=True,
    )


def newest(toolbox: Toolbox, kind: str) -> Job | None:
    """Return the job of this kind that was inserted last."""
    with toolbox.database.reading() as db:
        jobs = db.query(Job).filter_by(kind=kind).all()
        return jobs[-1] if jobs else None


def done_since(toolbox: Toolbox, kind: str, *, near: datetime) -> int:
    with toolbox.database.reading() as db:
        jobs = db.query(Job).filter_by(kind=kind, state="done").all()
        return sum(
            job.finished_at is not None and abs(job.finished_at - near) < HALF_A_YEAR
            for job in jobs
        )


@pytest.mark.parametrize("wrong", [YEAR_AHEAD, YEAR_BACK])
def test_interview_saved_while_the_clock_was_wrong_is_indexed(
    toolbox: Toolbox, tmp_path: Path, wrong: str
) -> None:
    clock = MovableClock(tmp_path, wrong)
    run_flask(toolbox, clock, "interview", "add", "--title", "Chuyện cái giếng", "--json")
    index_job = newest(toolbox, "index")
    assert index_job is not None
    assert abs(index_job.run_after_at - utc_now()) > HALF_A_YEAR
    clock.move(RIGHT)
    run_flask(toolbox, clock, "interview", "add", "--title", "Chuyện sau đó", "--json")
    with toolbox.database.reading() as db:
        assert (db.query(Outbox).count(), db.query(Job).filter_by(kind="index").count()) == (2, 1)
    with worker_with(toolbox, clock):

        def is_indexed() -> bool:
            with toolbox.database.reading() as db:
                return db.query(Outbox).count() == 0

        wait_until(is_indexed)


@pytest.mark.parametrize("wrong", [YEAR_AHEAD, YEAR_BACK])
def test_job_under_a_lease_of_a_wrong_clock_goes_on(
    toolbox: Toolbox, tmp_path: Path, wrong: str, rights_of: RightsOf
) -> None:
    """The worker is killed while its clock is wrong; the next one has the right time."""
    media_factory.add_interview(toolbox.database)
    path = media_factory.write_wav(tmp_path, seconds=240.0)
    local_ingest.ingest_file(toolbox, rights_of("ben"), "LK-1", path=path)
    clock = MovableClock(tmp_path, wrong)

    def derive() -> Job:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="derive").one()

    with worker_with(toolbox, clock):
        wait_until(lambda: derive().state == "running" or None)
    lease_until = derive().lease_until_at
    assert lease_until is not None
    assert abs(lease_until - utc_now()) > HALF_A_YEAR
    clock.move(RIGHT)
    with worker_with(toolbox, clock):
        wait_until(lambda: derive().state == "done" or None)
    assert derive().attempts == 1


@pytest.mark.parametrize("wrong", [YEAR_AHEAD, YEAR_BACK])
def test_running_worker_goes_on_when_its_clock_jumps_and_comes_back(
    toolbox: Toolbox, tmp_path: Path, wrong: str
) -> None:
    clock = MovableClock(tmp_path)
    there = utc_now() + timedelta(days=365 if wrong == YEAR_AHEAD else -365)
    with worker_with(toolbox, clock) as process:
        wait_until(lambda: done_since(toolbox, "check_fixity", near=utc_now()) == 1)
        clock.move(wrong)
        wait_until(lambda: done_since(toolbox, "check_fixity", near=there) == 1)
        clock.move(RIGHT)
        with toolbox.database.writing() as db:
            job = Job(kind="sweep", lane="files", run_after_at=there, created_at=there)
            db.add(job)
            db.flush()

        def is_done() -> bool:
            with toolbox.database.reading() as db:
                return db.get_one(Job, job.id).state == "done"

        wait_until(is_done)
        assert process.poll() is None


def test_upload_that_began_while_the_clock_was_back_is_kept(
    toolbox: Toolbox, tmp_path: Path, rights_of: RightsOf
) -> None:
    """By the right clock it is a year old, and a clean-up of before lies in the last days."""
    media_factory.add_interview(toolbox.database)
    clock = MovableClock(tmp_path)
    with worker_with(toolbox, clock):
        wait_until(lambda: done_since(toolbox, "sweep", near=utc_now()) == 1)
    clock.move(YEAR_BACK)
    back = utc_now() - timedelta(days=365)
    with worker_with(toolbox, clock):
        wait_until(lambda: done_since(toolbox, "sweep", near=back) == 1)
    upload_id = media_factory.start_upload(toolbox, rights_of("hoa"), length=10)
    with toolbox.database.writing() as db:
        db.get_one(Upload, upload_id).expires_at -= timedelta(days=365)
    for path in toolbox.parts.root.iterdir():
        os.utime(path, (back.timestamp(), back.timestamp()))
    clock.move(RIGHT)
    with toolbox.database.writing() as db:
        enqueue(db, "sweep", lane="files")
    with worker_with(toolbox, clock):
        wait_until(lambda: done_since(toolbox, "sweep", near=utc_now()) == 2)
    assert uploads.load_progress(toolbox, rights_of("hoa"), upload_id).offset_bytes == 0


def test_clock_that_was_set_ahead_is_a_fault_of_the_doctor(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    clock = MovableClock(tmp_path)

    def jumps() -> list[int]:
        with toolbox.database.reading() as db:
            found = db.query(Event).filter_by(kind="clock.jumped").order_by(Event.number)
            return [round(timedelta(seconds=event.detail["by_s"]).days) for event in found]

    def sentence() -> str:
        report = subprocess.run(
            command("doctor"),
            cwd=ROOT,
            env=environment(toolbox.settings, **clock.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert report.returncode == 1
        return report.stdout

    with worker_with(toolbox, clock):
        wait_until(lambda: done_since(toolbox, "sweep", near=utc_now()) == 1)
        clock.move(YEAR_AHEAD)
        wait_until(lambda: jumps() == [365])
    assert "The clock was set ahead by 365 days in the last week." in sentence()
    clock.move(RIGHT)
    assert "The clock is 365 days behind the last event." in sentence()
    run_flask(toolbox, clock, "interview", "add", "--title", "Chuyện cái giếng", "--json")
    assert "The clock was set back by 365 days in the last week." in sentence()


def test_nightly_fixity_runs_although_its_last_run_lies_in_the_future(
    toolbox: Toolbox, tmp_path: Path
) -> None:
    clock = MovableClock(tmp_path, YEAR_AHEAD)
    ahead = utc_now() + timedelta(days=365)
    with worker_with(toolbox, clock):
        wait_until(lambda: done_since(toolbox, "check_fixity", near=ahead) == 1)
    clock.move(RIGHT)
    with worker_with(toolbox, clock):
        wait_until(lambda: done_since(toolbox, "check_fixity", near=utc_now()) == 1)
