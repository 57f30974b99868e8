"""The nightly backup: when it is due, what it does, and how it fails and stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app import create_toolbox
from archive import queue
from archive.actions.office import backup, backup_nightly, backup_snapshot, backup_status
from archive.actions.office.backup_folder import BackupFolder
from archive.actions.office.backup_locks import TargetLock
from archive.jobs.worker import Worker
from archive.models import Job
from archive.models.base import utc_now
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support.backups import assert_good, back_up, ingest


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "usb"


@pytest.fixture
def tools(toolbox: Toolbox, target: Path) -> Toolbox:
    return replace(toolbox, settings=replace(toolbox.settings, backup_target=target))


def run_backup(tools: Toolbox) -> Job:
    """Enqueue the nightly backup, run all jobs, and return it."""
    with tools.database.writing() as db:
        job = backup_nightly.enqueue_due_backup(db, tools.settings)
        assert job is not None
        job_id = job.id
    Worker(tools).run_until_idle()
    with tools.database.reading() as db:
        return db.get_one(Job, job_id)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-30T12:00:00+00:00", "2026-11-29T19:00:00+00:00"),  # 19:00, due at 02:00
        ("2026-11-29T19:00:00+00:00", "2026-11-29T19:00:00+00:00"),
        ("2026-11-29T18:59:59+00:00", "2026-11-28T19:00:00+00:00"),
    ],
)
def test_backup_is_due_at_the_hour_of_the_office(now: str, due: str, settings: Settings) -> None:
    assert (settings.timezone, settings.backup_hour) == ("Asia/Ho_Chi_Minh", 2)
    found = backup_nightly.last_due(datetime.fromisoformat(now), settings)
    assert found == datetime.fromisoformat(due)
    assert found.tzinfo is not None


def test_backup_is_enqueued_once_a_night(
    tools: Toolbox, toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 30, 19, 30, tzinfo=UTC)  # half past two

    def enqueue_at(at: datetime, settings: Settings) -> bool:
        monkeypatch.setattr(queue, "database_now", lambda _db: at)
        with tools.database.writing() as db:
            job = backup_nightly.enqueue_due_backup(db, settings)
            if job is not None:
                job.created_at, job.state = at, "done"
            return job is not None

    assert not enqueue_at(now, toolbox.settings)  # no folder is set
    assert enqueue_at(now, tools.settings)
    assert not enqueue_at(now + timedelta(hours=23), tools.settings)
    assert enqueue_at(now + timedelta(hours=24), tools.settings)
    assert enqueue_at(now + timedelta(days=400), tools.settings)
    # The clock is put right again: the job of the wrong year does not stop the next one.
    assert enqueue_at(now + timedelta(days=2), tools.settings)


def test_worker_backs_up_every_night(tools: Toolbox, target: Path, tmp_path: Path) -> None:
    ingest(tools, tmp_path / "in")
    back_up(tools, target)
    worker = Worker(tools)
    worker._enqueue_daily_jobs()
    worker._enqueue_daily_jobs()
    worker.run_until_idle()
    with tools.database.reading() as db:
        [job] = db.scalars(select(Job).where(Job.kind == "backup"))
        assert (job.state, job.result["originals"], job.progress) == ("done", 2, 1.0)
        last = backup_status.last_backup(db)
    assert last is not None
    assert last.target == str(target)
    assert_good(target, copies=2)


def test_backup_waits_for_a_disk_that_is_not_connected(
    tools: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(tools, tmp_path / "in")
    back_up(tools, target)
    target.rename(tmp_path / "in the drawer")
    target.mkdir()  # the mount point
    job = run_backup(tools)
    assert (job.state, job.problem) == ("waiting", "backup_target_missing")
    assert job.detail == {"path": str(target)}
    assert list(target.iterdir()) == []
    with monkeypatch.context() as copying:
        copying.setattr(backup, "take_snapshot", None)  # not once while the disk is away
        assert run_parked(tools, job).state == "waiting"
    tomorrow = utc_now() + timedelta(hours=24)
    with monkeypatch.context() as clock, tools.database.writing() as db:
        clock.setattr(queue, "database_now", lambda _db: tomorrow)
        assert backup_nightly.enqueue_due_backup(db, tools.settings) is None  # one is enough
    target.rmdir()
    (tmp_path / "in the drawer").rename(target)
    assert run_parked(tools, job).state == "done"
    assert_good(target, copies=2)


def test_backup_waits_until_another_one_is_done(
    tools: Toolbox, target: Path, tmp_path: Path
) -> None:
    ingest(tools, tmp_path / "in")
    back_up(tools, target)
    other = TargetLock(target)
    job = run_backup(tools)
    assert (job.state, job.problem) == ("waiting", "backup_target_busy")
    other.release()
    assert run_parked(tools, job).state == "done"
    assert_good(target, copies=2)


def run_parked(tools: Toolbox, job: Job) -> Job:
    """Run a job that was parked, as half a minute later."""
    with tools.database.writing() as db:
        db.get_one(Job, job.id).run_after_at = utc_now()
    worker = Worker(tools)
    assert worker.run_one(worker.lanes)
    with tools.database.reading() as db:
        return db.get_one(Job, job.id)


def test_backup_without_a_folder_fails(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        job_id = queue.enqueue(db, "backup", lane="files").id
    Worker(toolbox).run_until_idle()
    with toolbox.database.reading() as db:
        assert db.get_one(Job, job_id).problem == "backup_target_unset"


def test_cancelled_backup_leaves_the_earlier_copy(
    tools: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(tools, tmp_path / "in")
    back_up(tools, target)
    take = backup_snapshot.take_snapshot

    def take_and_cancel(*args: object) -> object:
        with tools.database.writing() as db:
            [job] = db.scalars(select(Job).where(Job.kind == "backup"))
            queue.request_cancel(db, job)
        return take(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(backup, "take_snapshot", take_and_cancel)
    assert run_backup(tools).state == "cancelled"
    assert_good(target, copies=1)


def test_backup_of_a_worker_that_is_stopped_is_done_by_the_next(
    tools: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(tools, tmp_path / "in")
    back_up(tools, target)
    with tools.database.writing() as db:
        db.query(Job).delete()
        assert backup_nightly.enqueue_due_backup(db, tools.settings) is not None
    worker = Worker(tools)
    take = backup_snapshot.take_snapshot

    def take_and_stop(*args: object) -> object:
        worker.stop()
        return take(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(backup, "take_snapshot", take_and_stop)
    worker.run_one(worker.lanes)
    monkeypatch.undo()
    with tools.database.reading() as db:
        [job] = db.scalars(select(Job))
        assert job.state == "queued"
    assert_good(target, copies=1)
    Worker(tools).run_until_idle()
    assert_good(target, copies=2)
    assert len(BackupFolder(target).copies()) == 2


def test_settings_of_the_environment_reach_the_worker(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {"LOIKE_HOME": str(tmp_path), "LOIKE_BACKUP_TARGET": "/mnt/usb/loi ke"}
    )
    tools = create_toolbox(settings)
    assert tools.settings.backup_target == Path("/mnt/usb/loi ke")
    tools.database.dispose()
