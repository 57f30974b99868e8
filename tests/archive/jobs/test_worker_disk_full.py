"""Jobs on a full disk: they wait, lose no attempt, and go on by themselves."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from app import create_app, create_toolbox
from archive.actions.office import workers
from archive.cli.worker_check import check_workers
from archive.db import Database
from archive.jobs.context import JobContext
from archive.jobs.registry import JOBS
from archive.jobs.worker import Worker
from archive.models import Job, Setting
from archive.models.base import utc_now
from archive.queue import enqueue
from archive.settings import Settings, keep_secret_key
from archive.toolbox import Toolbox
from tests.support.http_server import ROOT
from tests.support.rights import rights_of_machine
from tests.support.searchable_interviews import add_interview_with_text, hit_texts, search_as
from tests.support.small_disk import delete, fill, mounted, use_up_inodes
from tests.support.worker_process import command, environment, wait_until


def job_of(database: Database, kind: str) -> Job:
    with database.reading() as db:
        return db.scalars(
            select(Job).where(Job.kind == kind).order_by(Job.id.desc()).limit(1)
        ).one()


@pytest.mark.parametrize("take", [fill, use_up_inodes], ids=["no-bytes", "no-inodes"])
def test_job_waits_for_an_index_without_space_and_goes_on(
    toolbox: Toolbox, settings: Settings, take: Callable[[Path], list[Path]]
) -> None:
    with mounted(settings.index_dir, mib=4, inodes=64):
        taken = take(settings.index_dir)
        add_interview_with_text(toolbox, "LK-1", "Chợ Bà Chiểu đông lắm.")
        worker = Worker(toolbox)
        while worker.run_one(worker.lanes):
            pass
        job = job_of(toolbox.database, "index")
        assert (job.state, job.problem, job.attempts) == ("waiting", "no_space_for_job", 0)
        delete(taken)
        run_now(toolbox.database, job)
        while worker.run_one(worker.lanes):
            pass
        assert job_of(toolbox.database, "index").state == "done"
        found = search_as(toolbox, rights_of_machine("test"), "chợ")
        assert hit_texts(found) != []


@pytest.mark.parametrize("take", [fill, use_up_inodes], ids=["no-bytes", "no-inodes"])
def test_job_tries_again_while_an_existing_index_has_no_space(
    toolbox: Toolbox, settings: Settings, take: Callable[[Path], list[Path]]
) -> None:
    """The lock of the attempt before may not stop the next one."""
    worker = Worker(toolbox)
    with mounted(settings.index_dir, mib=4, inodes=64):
        add_interview_with_text(toolbox, "LK-1", "Chợ Bà Chiểu đông lắm.")
        while worker.run_one(worker.lanes):
            pass
        add_interview_with_text(toolbox, "LK-2", "Phà Thủ Thiêm về đêm.")
        taken = take(settings.index_dir)
        for _ in range(3):
            while worker.run_one(worker.lanes):
                pass
            job = job_of(toolbox.database, "index")
            assert (job.state, job.problem, job.attempts) == ("waiting", "no_space_for_job", 0)
            run_now(toolbox.database, job)
        delete(taken)
        while worker.run_one(worker.lanes):
            pass
        assert job_of(toolbox.database, "index").state == "done"
        assert hit_texts(search_as(toolbox, rights_of_machine("test"), "phà")) != []


def run_now(database: Database, job: Job) -> None:
    with database.writing() as db:
        db.get_one(Job, job.id).run_after_at = utc_now()  # half a minute later


@pytest.fixture
def small_archive(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[Toolbox]:
    """An archive whose whole home lies on a small disk."""
    with mounted(tmp_path_factory.mktemp("disk") / "small", mib=24) as home:
        for folder in ("vault/parts", "derivatives", "index", "models"):
            (home / folder).mkdir(parents=True)
        (home / "archive.db").write_bytes(empty_database.read_bytes())
        tools = create_toolbox(
            Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}", poll_s=0.02)
        )
        yield tools
        tools.database.dispose()


def test_worker_process_goes_on_after_the_database_had_no_space(
    small_archive: Toolbox, tmp_path: Path
) -> None:
    home = small_archive.settings.home
    keep_secret_key(small_archive.settings)
    add_interview_with_text(small_archive, "LK-1", "Chợ Bà Chiểu đông lắm.")
    with sqlite3.connect(home / "archive.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # no page of the log is left to use
    taken = fill(home)
    log = tmp_path / "worker.log"
    with log.open("wb") as stream:
        worker = subprocess.Popen(
            command("worker"), cwd=ROOT, env=environment(small_archive.settings), stderr=stream
        )
    try:
        wait_until(lambda: "does not answer" in log.read_text())
        assert job_of(small_archive.database, "index").state == "queued"
        delete(taken)
        wait_until(lambda: job_of(small_archive.database, "index").state == "done")
        assert job_of(small_archive.database, "index").attempts == 1
        assert "Traceback" not in log.read_text()
        assert log.read_text().count("does not answer") == 1
        assert log.read_text().count("answers again") <= 1
    finally:
        worker.terminate()
        worker.wait()


def test_full_disk_is_reported_once_while_another_lane_reads(
    small_archive: Toolbox, caplog: pytest.LogCaptureFixture
) -> None:
    """A lane without a job reads the full database, which shows nothing about writing."""
    home = small_archive.settings.home
    failed: list[object] = []
    event.listen(small_archive.database.engine, "handle_error", failed.append)
    add_interview_with_text(small_archive, "LK-1", "Chợ Bà Chiểu đông lắm.")
    with sqlite3.connect(home / "archive.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    taken = fill(home)
    worker = Worker(small_archive)
    thread = threading.Thread(target=worker.run_forever)
    thread.start()
    try:
        wait_until(lambda: len(failed) >= 6)
        assert caplog.text.count("does not answer") == 1
        assert "answers again" not in caplog.text
        delete(taken)
        wait_until(lambda: "answers again" in caplog.text)
    finally:
        worker.stop()
        thread.join()


def test_silent_worker_is_not_called_dead_while_the_disk_is_full(
    small_archive: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = small_archive.settings
    keep_secret_key(settings)
    with small_archive.database.writing() as db:
        workers.record_heartbeat(db, name="pc:7", host="pc")
    monkeypatch.setattr(workers, "SILENT_AFTER", timedelta(0))
    client = create_app(settings).test_client()
    silent = client.get("/health")
    assert (silent.status_code, silent.json) == (
        503,
        {"ok": False, "workers": {"running": 0, "dead": 1}},
    )
    taken = fill(settings.home)
    full = client.get("/health")
    assert (full.status_code, full.json) == (503, {"ok": False, "database": "disk_full"})
    assert check_workers(small_archive)[0] == "warning"
    delete(taken)
    assert client.get("/health").json == silent.json


@pytest.mark.parametrize("word", ["serve", "init", "doctor"])
def test_command_started_on_a_full_disk_prints_the_sentence(
    small_archive: Toolbox, word: str
) -> None:
    """Also where the form key, or the shared memory of the database, is still to be written."""
    home = small_archive.settings.home
    small_archive.database.dispose()
    taken = fill(home)
    started = run_command(small_archive.settings, word)
    keys = sorted(path.name for path in home.glob("*secret_key*"))
    delete(taken)
    keep_secret_key(small_archive.settings)
    taken = fill(home)
    again = run_command(small_archive.settings, word)
    delete(taken)
    assert keys == []
    for process in (started, again):
        assert process.returncode in (1, 2)
        printed = process.stdout + process.stderr
        assert "The disk of the archive is full." in printed, printed
        assert "Traceback" not in printed


def test_worker_started_on_a_full_disk_waits(small_archive: Toolbox, tmp_path: Path) -> None:
    home = small_archive.settings.home
    keep_secret_key(small_archive.settings)
    add_interview_with_text(small_archive, "LK-1", "Chợ Bà Chiểu đông lắm.")
    small_archive.database.dispose()
    taken = fill(home)
    log = tmp_path / "worker.log"
    with log.open("wb") as stream:
        worker = subprocess.Popen(
            command("worker"), cwd=ROOT, env=environment(small_archive.settings), stderr=stream
        )
    try:
        wait_until(lambda: "The disk of the archive is full." in log.read_text())
        delete(taken)
        wait_until(lambda: job_of(small_archive.database, "index").state == "done")
        assert "Traceback" not in log.read_text()
    finally:
        worker.terminate()
        worker.wait()


def run_command(settings: Settings, word: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(word),
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.sqlite_only
def test_job_that_fills_the_database_waits_for_space_however_often(
    toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short writes still fit: what is stored of the job must be that it waits for space."""
    is_full = True

    def store_much(context: JobContext) -> None:
        with context.checkpoint() as db:
            if is_full:
                pages = db.scalar(text("PRAGMA page_count"))
                db.execute(text(f"PRAGMA max_page_count={pages}"))
            db.add(Setting(key="much", value="x" * 3_000_000))

    @event.listens_for(toolbox.database.engine, "checkin")
    def allow_growth(connection: Any, _record: object) -> None:
        if connection is not None:
            connection.execute("PRAGMA max_page_count=1073741823")

    monkeypatch.setitem(JOBS, "load_sample", store_much)
    with toolbox.database.writing() as db:
        job_id = enqueue(db, "load_sample", lane="files").id
    worker = Worker(toolbox)
    for _ in range(12):
        assert worker.run_one(("files",))
        job = job_of(toolbox.database, "load_sample")
        assert (job.state, job.problem) == ("waiting", "no_space_for_job")
        with toolbox.database.writing() as db:
            db.get_one(Job, job_id).run_after_at = utc_now()  # half a minute later
    is_full = False
    assert worker.run_one(("files",))
    assert job_of(toolbox.database, "load_sample").state == "done"
