"""Restores of damaged backups: everything that is whole comes back, and the rest is named."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from archive import audit
from archive.actions.office import restore, restore_marker
from archive.actions.office.backup_folder import BackupTargetUnusable
from archive.actions.office.restore import RestoreOptions
from archive.actions.office.restore_marker import RestoreUnfinished
from archive.actions.office.restored_files import BackupDamaged
from archive.models import Event, MediaFile
from archive.toolbox import Toolbox
from media.disk import Disk
from tests.support.backups import MACHINE, back_up, ingest, object_file, restore_into
from tests.support.rights import rights_of_machine


def change_byte(file: Path) -> None:
    file.write_bytes(b"!" + file.read_bytes()[1:])


def make_folder_of(file: Path) -> None:
    file.unlink()
    file.mkdir()


def make_link_of(file: Path) -> None:
    other = file.with_name("elsewhere")
    file.rename(other)
    file.symlink_to(other)


def truncate(file: Path) -> None:
    os.truncate(file, 0)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "other bytes": change_byte,
    "missing": Path.unlink,
    "a folder": make_folder_of,
    "a link": make_link_of,
    "empty": truncate,
}


def fail_to_read(monkeypatch: pytest.MonkeyPatch, *files: Path) -> None:
    """Let the disk refuse to read these files, as a bad sector does: without their names."""
    read = Disk.read

    def refuse(disk: Disk, descriptor: int, size_bytes: int) -> bytes:
        if Path(f"/proc/self/fd/{descriptor}").readlink() in files:
            raise OSError(errno.EIO, "Input/output error")
        return read(disk, descriptor, size_bytes)

    monkeypatch.setattr(Disk, "read", refuse)


@pytest.mark.parametrize("damage", [*DAMAGE, "unreadable"])
def test_damaged_original_stops_the_restore_unless_accepted(
    damage: str,
    toolbox: Toolbox,
    empty: Toolbox,
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [first, second, third] = ingest(toolbox, tmp_path / "in", count=3)
    back_up(toolbox, target)
    object_file(target, second).unlink()
    if damage == "unreadable":
        fail_to_read(monkeypatch, object_file(target, first))
    else:
        DAMAGE[damage](object_file(target, first))
    with pytest.raises(BackupDamaged) as refused:
        restore_into(empty, target)
    assert sorted(refused.value.facts["files"]) == sorted([first, second])
    with pytest.raises(RestoreUnfinished):
        restore_marker.require_finished(empty.settings)
    result = restore_into(empty, target, accept_damaged=True)
    assert sorted(result.missing) == sorted([first, second])
    restore_marker.require_finished(empty.settings)
    with empty.database.reading() as db:
        states = {file.sha256: file.check_state for file in db.scalars(select(MediaFile))}
        [event] = db.scalars(select(Event).where(Event.kind == "archive.restored"))
        assert event.detail["missing"] == sorted([first, second])
        assert audit.verify_chain(db) is None
    assert states == {first: "missing", second: "missing", third: ""}
    assert sorted(empty.vault.keys()) == [third]


@pytest.mark.sqlite_only
def test_event_names_every_original_that_was_left_out(
    toolbox: Toolbox, empty: Toolbox, target: Path, tmp_path: Path
) -> None:
    originals = ingest(toolbox, tmp_path / "in", count=25)
    back_up(toolbox, target)
    shutil.rmtree(target / "objects")
    restored = restore_into(empty, target, accept_damaged=True)
    assert sorted(restored.missing) == sorted(originals)
    with empty.database.reading() as db:
        [event] = db.scalars(select(Event).where(Event.kind == "archive.restored"))
    assert event.detail["missing"] == sorted(originals)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("damage", [*DAMAGE, "unreadable"])
def test_damaged_key_is_named_and_left_out_if_accepted(
    damage: str,
    toolbox: Toolbox,
    empty: Toolbox,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = back_up(toolbox, target, with_key=True).copy
    key = target / "copies" / name / "secret_key"
    if damage == "unreadable":
        fail_to_read(monkeypatch, key)
    else:
        DAMAGE[damage](key)
    with pytest.raises(BackupDamaged) as refused:
        restore_into(empty, target)
    assert refused.value.facts["files"] == [f"copies/{name}/secret_key"]
    result = restore_into(empty, target, accept_damaged=True)
    assert (result.with_key, result.damaged) == (False, [f"copies/{name}/secret_key"])
    assert not (empty.settings.home / "secret_key").exists()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("damage", [*DAMAGE, "unreadable"])
def test_damaged_database_is_named_and_an_earlier_one_restored(
    damage: str,
    toolbox: Toolbox,
    empty: Toolbox,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = back_up(toolbox, target).copy, back_up(toolbox, target).copy
    file = target / "copies" / second / "archive.db"
    if damage == "unreadable":
        fail_to_read(monkeypatch, file)
    else:
        DAMAGE[damage](file)
    for accepted in (False, True):
        with pytest.raises(BackupDamaged) as refused:
            restore_into(empty, target, accept_damaged=accepted)
        assert refused.value.facts["files"] == [f"copies/{second}/archive.db"]
    restore_into(empty, target, copy=first)


@pytest.mark.sqlite_only
def test_backup_without_its_marker_is_restored(
    toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    made = back_up(toolbox, target)
    (target / "loi-ke-backup.json").unlink()
    assert restore_into(empty, target).copy == made.copy


@pytest.mark.sqlite_only
def test_disk_that_is_taken_out_is_not_taken_for_damaged_originals(
    toolbox: Toolbox, empty: Toolbox, target: Path, tmp_path: Path
) -> None:
    ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target)

    def take_out(_share: float, stage: str) -> None:
        if stage == "restoring_originals" and target.exists():
            target.rename(tmp_path / "in the drawer")

    with pytest.raises(BackupTargetUnusable):
        restore.restore(
            empty,
            rights_of_machine(MACHINE),
            target,
            options=RestoreOptions(accept_damaged=True),
            on_progress=take_out,
        )
    (tmp_path / "in the drawer").rename(target)
    assert restore_into(empty, target).missing == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"id": 7}', "[" * 100_000])
def test_damaged_marker_of_a_restore_lets_it_go_on(
    content: str, toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    made = back_up(toolbox, target)
    (empty.settings.home / restore_marker.MARKER_NAME).write_text(content)
    assert restore_into(empty, target).copy == made.copy
    restore_marker.require_finished(empty.settings)


@pytest.mark.sqlite_only
def test_database_that_vanishes_before_its_migration_is_no_empty_archive(
    toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    name = back_up(toolbox, target).copy
    staged = empty.settings.home / "archive.db.restoring"
    with pytest.raises(BackupDamaged):
        restore._migrate(staged, name)
    assert not staged.exists()
    staged.touch()
    with pytest.raises(BackupDamaged):
        restore._migrate(staged, name)
    assert staged.stat().st_size == 0
