"""Locks of backups and restores: of two at once, the second is refused and harms nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import create_toolbox
from archive import migrations
from archive.actions.office import backup, backup_locks, restore
from archive.actions.office.backup import BackupOptions
from archive.actions.office.backup_folder import BackupTargetMissing
from archive.actions.office.backup_locks import (
    LOCK_NAME,
    BackupTargetBusy,
    BackupTargetChanged,
    TargetLock,
)
from archive.actions.office.restore import RestoreDatabaseNotEmpty, RestoreOptions, RestoreRunning
from archive.models import Setting
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support.backups import (
    MACHINE,
    assert_good,
    back_up,
    empty_archive,
    ingest,
    restore_into,
)
from tests.support.rights import rights_of_machine


def write_lock(target: Path, **changes: str) -> dict[str, str]:
    """Write the lock of a process that differs from this one, and return it."""
    target.mkdir(exist_ok=True)
    lock = TargetLock(target)
    owner: dict[str, str] = json.loads((target / LOCK_NAME).read_bytes()) | changes
    lock.release()
    (target / LOCK_NAME).write_text(json.dumps(owner))
    return owner


def ended_process() -> str:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return str(process.pid)


def test_second_home_of_an_archive_is_refused_while_the_first_backs_up(
    toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    ingest(toolbox, tmp_path / "in")
    other_home = tmp_path / "other"
    other_home.mkdir()
    other = create_toolbox(
        Settings(home=other_home, database_url=toolbox.settings.database_url, poll_s=0.02)
    )
    refused: list[BackupTargetBusy] = []

    def back_up_twice(_share: float, stage: str) -> None:
        if stage == "copying_originals" and not refused:
            with pytest.raises(BackupTargetBusy) as found:
                back_up(other, target)
            refused.append(found.value)

    backup.back_up(
        toolbox,
        rights_of_machine(MACHINE),
        target,
        options=BackupOptions(),
        on_progress=back_up_twice,
    )
    other.database.dispose()
    assert refused[0].facts["host"] == os.uname().nodename
    assert refused[0].facts["lock"] == str(target / LOCK_NAME)
    assert_good(target, copies=1)
    assert not (target / LOCK_NAME).exists()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("death", ["ended", "another start of the same number", "restarted"])
def test_lock_of_a_dead_process_is_taken_over(death: str, toolbox: Toolbox, target: Path) -> None:
    changes = {
        "ended": {"pid": ended_process()},
        "another start of the same number": {"started": "1"},
        "restarted": {"boot": "before"},
    }[death]
    write_lock(target, **changes)
    back_up(toolbox, target)
    assert_good(target, copies=1)
    assert not (target / LOCK_NAME).exists()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("content", ["of another computer", "of another container", "", "[1]", "{"])
def test_lock_of_which_the_process_is_unknown_is_refused_and_kept(
    content: str, toolbox: Toolbox, target: Path
) -> None:
    back_up(toolbox, target)
    changes = {
        "of another computer": {"host": "kho-2", "pid": "1", "boot": "x"},
        "of another container": {"processes": "pid:[1]", "pid": ended_process()},
    }.get(content)
    lock = target / LOCK_NAME
    if changes is None:
        lock.write_text(content)
    else:
        write_lock(target, **changes)
    before = lock.read_bytes()
    with pytest.raises(BackupTargetBusy) as refused:
        back_up(toolbox, target)
    assert lock.read_bytes() == before
    host = json.loads(before)["host"] if changes else "?"
    assert refused.value.facts["host"] == host
    lock.unlink()
    back_up(toolbox, target)
    assert_good(target, copies=2)


def take_lock(target: str, begin: Any, end: Any, results: Any) -> None:
    """Take the lock in a process of its own, at the same moment as others."""
    begin.wait()
    try:
        lock = TargetLock(Path(target))
    except BackupTargetBusy:
        results.put("busy")
        end.wait()
        return
    results.put("taken")
    end.wait()
    lock.release()


@pytest.mark.parametrize("stale", [False, True])
def test_one_of_many_processes_takes_the_lock(stale: bool, target: Path) -> None:
    target.mkdir()
    if stale:
        write_lock(target, started="1")
    context = multiprocessing.get_context("fork")
    begin, end, results = context.Barrier(6), context.Barrier(6), context.Queue()
    processes = [
        context.Process(target=take_lock, args=(str(target), begin, end, results)) for _ in range(6)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert sorted(results.get() for _ in processes) == ["busy"] * 5 + ["taken"]
    assert not (target / LOCK_NAME).exists()


@pytest.mark.sqlite_only
def test_missing_disk_gets_no_lock(toolbox: Toolbox, target: Path) -> None:
    target.mkdir()
    with pytest.raises(BackupTargetMissing):
        back_up(toolbox, target, may_begin=False)
    assert list(target.iterdir()) == []


def meddle(toolbox: Toolbox, target: Path, what: str) -> None:
    """Back up while a file of the target is removed or changed before the manifest."""
    done = False

    def change(_share: float, stage: str) -> None:
        nonlocal done
        if stage == "checking_copies" and not done:
            done = True
            path = target / what if what == LOCK_NAME else next(target.glob(what))
            path.unlink() if what != "copies/0002_*/archive.db" else path.write_bytes(b"x")

    backup.back_up(
        toolbox, rights_of_machine(MACHINE), target, options=BackupOptions(), on_progress=change
    )


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "what", [LOCK_NAME, "copies/0002_*/archive.db", "copies/0002_*/settings.env"]
)
def test_files_that_others_change_before_the_manifest_end_the_backup(
    what: str, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target)
    with pytest.raises(BackupTargetChanged) as refused:
        meddle(toolbox, target, what)
    assert refused.value.facts["files"][0].endswith(what.rpartition("/")[2])
    assert_good(target, copies=1)


def test_second_restore_into_a_home_is_refused(
    toolbox: Toolbox, empty: Toolbox, target: Path, tmp_path: Path
) -> None:
    ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target)
    refused = 0

    def restore_twice(_share: float, stage: str) -> None:
        nonlocal refused
        if stage == "restoring_originals":
            with pytest.raises(RestoreRunning):
                restore_into(empty, target)
            refused += 1

    restore.restore(
        empty,
        rights_of_machine(MACHINE),
        target,
        options=RestoreOptions(),
        on_progress=restore_twice,
    )
    assert refused == 2
    assert list(empty.settings.home.glob(".lock*")) == []


@pytest.mark.sqlite_only
def test_second_home_with_the_same_database_is_refused(
    toolbox: Toolbox, empty: Toolbox, target: Path, tmp_path: Path
) -> None:
    back_up(toolbox, target)
    home = tmp_path / "third"
    home.mkdir()
    other = create_toolbox(Settings(home=home, database_url=empty.settings.database_url))
    file = empty.settings.home / ".lock-restore-archive.db"
    with backup_locks.only_process(file, RestoreRunning()), pytest.raises(RestoreRunning):
        restore_into(other, target)
    other.database.dispose()
    restore_into(empty, target)


@pytest.mark.sqlite_only
@pytest.mark.postgresql
def test_database_that_another_process_fills_meanwhile_is_refused(
    toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    back_up(toolbox, target)
    with empty_archive("postgresql", tmp_path / "new") as empty:
        empty.settings.home.mkdir()

        def fill(_share: float, stage: str) -> None:
            if stage == "loading_database" and migrations.current_revision(url) is None:
                migrations.upgrade(url)
                with empty.database.writing() as db:
                    db.add(Setting(key="site_name", value="of another office"))

        url = empty.settings.database_url
        with pytest.raises(RestoreDatabaseNotEmpty):
            restore.restore(
                empty,
                rights_of_machine(MACHINE),
                target,
                options=RestoreOptions(),
                on_progress=fill,
            )
