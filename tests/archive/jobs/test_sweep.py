"""The daily jobs: enqueued once a day, deleting only what no row refers to."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archive.access import Rights
from archive.actions.holdings import local_ingest, uploads
from archive.jobs import daily, sweep
from archive.jobs.worker import Worker
from archive.models import Job, MediaFile, SavedOperation, Setting, SignInFailure, Upload, User
from archive.models.base import new_id, utc_now
from archive.queue import enqueue
from archive.toolbox import Toolbox
from tests.support import media_factory

YEAR = timedelta(days=365)
RightsOf = Callable[[str | None], Rights]


def test_enqueue_due_jobs_twice_a_day_enqueues_each_kind_once(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        assert {job.kind for job in daily.enqueue_due_jobs(db)} == set(daily.DAILY_JOBS)
    Worker(toolbox, lanes=("light", "files")).run_until_idle()
    with toolbox.database.writing() as db:
        assert daily.enqueue_due_jobs(db) == []
        for job in db.query(Job):
            job.created_at = utc_now() - timedelta(hours=25)
        db.flush()
        assert len(daily.enqueue_due_jobs(db)) == len(daily.DAILY_JOBS)


@pytest.mark.parametrize("jump", [YEAR, -YEAR], ids=["ran ahead", "ran behind"])
def test_daily_jobs_of_a_clock_that_was_wrong_do_not_count(
    toolbox: Toolbox, jump: timedelta
) -> None:
    with toolbox.database.writing() as db:
        daily.enqueue_due_jobs(db)
        for job in db.query(Job):
            job.state, job.created_at = "done", job.created_at + jump
    with toolbox.database.writing() as db:
        assert len(daily.enqueue_due_jobs(db)) == len(daily.DAILY_JOBS)
    with toolbox.database.writing() as db:
        assert daily.enqueue_due_jobs(db) == []


def test_fixity_job_of_a_new_file_does_not_replace_the_nightly_one(
    toolbox: Toolbox, rights_of: RightsOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    local_ingest.ingest_file(
        toolbox, rights_of("ben"), "LK-1", path=media_factory.write_wav(tmp_path)
    )
    with toolbox.database.writing() as db:
        assert "check_fixity" in {job.kind for job in daily.enqueue_due_jobs(db)}


def test_sweep_deletes_old_orphans_only(
    toolbox: Toolbox, rights_of: RightsOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    local_ingest.ingest_file(
        toolbox, rights_of("ben"), "LK-1", path=media_factory.write_wav(tmp_path)
    )
    worker = Worker(toolbox, lanes=("light", "files"))
    worker.run_until_idle()
    old = toolbox.derivatives_dir / new_id() / "peaks-1"
    young = toolbox.derivatives_dir / "01YOUNG" / "peaks-1"
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "x").write_bytes(b"x")
    long_ago = time.time() - 48 * 3600
    os.utime(old, (long_ago, long_ago))
    abandoned, current = (toolbox.vault.temp_dir / name for name in ("killed.new", "now.new"))
    for temp in (abandoned, current):
        temp.write_bytes(b"half a tape")
    os.utime(abandoned, (long_ago, long_ago))
    run_sweep(toolbox)  # the first one deletes nothing by its age
    with toolbox.database.writing() as db:
        user_id = db.scalars(select(User.id)).first()
        for key, age in (("forgotten-1", timedelta(days=15)), ("kept-1234", timedelta(days=1))):
            at = utc_now() - age
            db.add(SavedOperation(key=key, user_id=user_id, body_sha256="", status=200, at=at))
        db.add(SignInFailure(key_sha256="x", at=utc_now() - timedelta(hours=2)))
        db.add(SignInFailure(key_sha256="y", at=utc_now()))
        job = enqueue(db, "sweep")
    for folder in toolbox.derivatives_dir.rglob("*"):
        if folder.is_dir() and folder.name != "peaks-1":
            os.utime(folder, (long_ago, long_ago))
    worker.run_until_idle()
    assert not old.parent.exists()
    assert young.is_dir()
    assert (abandoned.exists(), current.exists()) == (False, True)
    with toolbox.database.reading() as db:
        done = db.get_one(Job, job.id)
        assert (done.state, done.result["folders"]) == ("done", 1)
        assert [saved.key for saved in db.query(SavedOperation)] == ["kept-1234"]
        assert [failure.key_sha256 for failure in db.query(SignInFailure)] == ["y"]
        for file in db.query(MediaFile).filter(MediaFile.path != ""):
            assert (toolbox.derivatives_dir / file.path).is_file()


def test_sweep_deletes_the_index_that_a_rebuild_replaced(toolbox: Toolbox) -> None:
    run_sweep(toolbox)
    for _ in range(2):
        toolbox.index.rebuild([])
    folders = toolbox.settings.index_dir.glob("on_disk-*")
    assert len(list(folders)) == 2
    with toolbox.database.writing() as db:
        enqueue(db, "sweep")
    Worker(toolbox, lanes=("light", "files")).run_until_idle()
    [left] = toolbox.settings.index_dir.glob("on_disk-*")
    assert toolbox.index.generation().startswith(left.name)


def age_everything(toolbox: Toolbox, age: timedelta) -> None:
    """Move the files and the stored instants into the past, like a clock that jumps ahead."""
    for folder in (toolbox.parts.root, toolbox.vault.temp_dir, toolbox.derivatives_dir):
        for path in (*folder.rglob("*"), folder):
            moved = path.stat().st_mtime - age.total_seconds()
            os.utime(path, (moved, moved))
    with toolbox.database.writing() as db:
        for upload in db.query(Upload):
            upload.expires_at -= age
        for saved in db.query(SavedOperation):
            saved.at -= age
        swept = db.get_one(Setting, sweep.SWEPT_AT)
        swept.value = (datetime.fromisoformat(swept.value) - age).isoformat()


def run_sweep(toolbox: Toolbox) -> dict[str, object]:
    with toolbox.database.writing() as db:
        job_id = enqueue(db, "sweep").id
    Worker(toolbox, lanes=("light", "files")).run_until_idle()
    with toolbox.database.reading() as db:
        return db.get_one(Job, job_id).result


def test_sweep_after_a_jump_of_the_clock_deletes_nothing_of_today(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    """An upload of today is a year old by the date: it is kept, with its full time."""
    assert run_sweep(toolbox)["is_even"] is False  # the first one
    assert run_sweep(toolbox)["is_even"]
    media_factory.add_interview(toolbox.database)
    hoa = rights_of("hoa")
    upload_id = media_factory.start_upload(toolbox, hoa, length=10)
    uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(b"12345"))
    toolbox.vault.temp_dir.mkdir(parents=True, exist_ok=True)
    temp = toolbox.vault.temp_dir / "arriving.new"
    temp.write_bytes(b"half a tape")
    with toolbox.database.writing() as db:
        user_id = db.scalars(select(User.id)).first()
        db.add(SavedOperation(key="just-now", user_id=user_id, body_sha256="", status=200))
    age_everything(toolbox, YEAR)
    assert uploads.load_progress(toolbox, hoa, upload_id).offset_bytes == 5
    assert run_sweep(toolbox)["is_even"] is False
    assert temp.exists()
    assert uploads.load_progress(toolbox, hoa, upload_id).offset_bytes == 5
    with toolbox.database.reading() as db:
        assert db.get_one(Upload, upload_id).expires_at > utc_now() + timedelta(days=13)
        assert db.query(SavedOperation).count() == 1
    assert run_sweep(toolbox)["is_even"]
    assert not temp.exists()
    assert uploads.load_progress(toolbox, hoa, upload_id).offset_bytes == 5


def test_upload_that_began_while_the_clock_was_ahead_gets_its_usual_time(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    media_factory.add_interview(toolbox.database)
    upload_id = media_factory.start_upload(toolbox, rights_of("hoa"), length=10)
    with toolbox.database.writing() as db:
        db.get_one(Upload, upload_id).expires_at += YEAR
    run_sweep(toolbox)
    with toolbox.database.reading() as db:
        upload = db.get_one(Upload, upload_id)
    assert upload.state == "receiving"
    assert upload.expires_at < utc_now() + timedelta(days=15)


def test_folder_among_unfinished_files_keeps_no_other_clean_up_from_its_work(
    toolbox: Toolbox,
) -> None:
    """A folder of the system, or one that someone put there, is not deleted."""
    folders = [
        toolbox.vault.temp_dir / "old",
        toolbox.parts.root / "x.new",
        toolbox.derivatives_dir / "lost+found",
    ]
    long_ago = time.time() - 40 * 86_400
    for folder in folders:
        folder.mkdir(parents=True)
        os.utime(folder, (long_ago, long_ago))
    for _ in range(2):  # the first one of an archive deletes nothing
        result = run_sweep(toolbox)
    assert result["is_even"]
    assert all(folder.is_dir() for folder in folders)
