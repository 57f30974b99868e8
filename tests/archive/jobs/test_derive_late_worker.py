"""A worker that comes back after its lease deletes nothing of its successor (both databases)."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event as sql_event

from archive.access import Rights
from archive.actions.holdings import derivatives, local_ingest
from archive.models import Job, MediaFile
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.worker_process import WorkerProcess, wait_until

RightsOf = Callable[[str | None], Rights]


@dataclass
class TwoWorkers:
    first: WorkerProcess
    second: WorkerProcess


@pytest.fixture
def workers(toolbox: Toolbox) -> Iterator[TwoWorkers]:
    both = TwoWorkers(WorkerProcess(toolbox.settings), WorkerProcess(toolbox.settings))
    yield both
    for process in (both.first, both.second):
        if process.process is not None:
            process.process.send_signal(signal.SIGCONT)
        process.kill()


def derive_job(toolbox: Toolbox) -> Job:
    with toolbox.database.reading() as db:
        return db.query(Job).filter_by(kind="derive").one()


def derived_files(toolbox: Toolbox) -> list[MediaFile]:
    with toolbox.database.reading() as db:
        return db.query(MediaFile).filter(MediaFile.derived_from_id.is_not(None)).all()


def assert_copies_are_whole(toolbox: Toolbox) -> None:
    files = derived_files(toolbox)
    assert sorted(file.role for file in files) == ["access", "peaks"]
    for file in files:
        path = toolbox.derivatives_dir / file.path
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256, file.role


def work_folders(toolbox: Toolbox) -> list[Path]:
    return list(toolbox.derivatives_dir.glob("*/.making-*"))


def test_worker_stopped_beyond_its_lease_leaves_the_copy_of_its_successor(
    toolbox: Toolbox, workers: TwoWorkers, rights_of: RightsOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    path = media_factory.write_wav(tmp_path, seconds=240.0)
    local_ingest.ingest_file(toolbox, rights_of("ben"), "LK-1", path=path)
    workers.first.start()
    assert workers.first.process is not None
    wait_until(lambda: derive_job(toolbox).progress > 0 or None)
    workers.first.process.send_signal(signal.SIGSTOP)
    first = derive_job(toolbox)
    assert (first.state, derived_files(toolbox)) == ("running", [])
    workers.second.start()
    finished = wait_until(
        lambda: derive_job(toolbox) if derive_job(toolbox).state == "done" else None
    )
    assert finished.worker != first.worker
    assert (finished.attempts, finished.interruptions) == (1, 0)
    assert_copies_are_whole(toolbox)
    workers.first.process.send_signal(signal.SIGCONT)
    wait_until(lambda: not work_folders(toolbox) or None, message="the late worker cleans up")
    workers.first.stop()
    workers.second.stop()
    assert_copies_are_whole(toolbox)
    assert derive_job(toolbox).worker == finished.worker


def test_only_folders_of_ended_leases_are_deleted(toolbox: Toolbox) -> None:
    """Not those of running leases, nor one that is made between listing and reading the rows."""
    root, late = toolbox.derivatives_dir, toolbox.derivatives_dir / "o" / ".making-later"
    for token in ("ended", "running"):
        (root / "o" / f".making-{token}").mkdir(parents=True)
    (root / "o" / "peaks-2-ended").mkdir()
    with toolbox.database.writing() as db:
        db.add(Job(kind="derive", lane="files", state="running", lease_token="running"))

    @sql_event.listens_for(toolbox.database.engine, "before_cursor_execute")
    def _make_folder(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if "FROM job" in statement:
            late.mkdir(exist_ok=True)

    with toolbox.database.reading() as db:
        derivatives.delete_work_folders(db, "o", root=root)
    left = sorted(path.name for path in (root / "o").iterdir())
    assert left == [".making-later", ".making-running", "peaks-2-ended"]
