"""Backups that are refused, stopped or killed: earlier copies stay good."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from archive.access import NotAllowed, Refused, Rights
from archive.actions.office import backup, restore_marker
from archive.actions.office.backup import (
    BackupOptions,
    BackupRunning,
    BackupTargetInside,
)
from archive.actions.office.backup_folder import (
    BackupFolder,
    BackupOfAnotherArchive,
    BackupTargetFaulty,
    BackupTargetFull,
    BackupTargetMissing,
    BackupTargetNotEmpty,
    BackupTargetUnusable,
)
from archive.actions.office.restore_marker import RestoreUnfinished
from archive.models import Setting
from archive.toolbox import Toolbox
from tests.media.test_file_copies import ChangingDisk
from tests.support.backups import (
    MACHINE,
    assert_good,
    back_up,
    folder_with,
    ignore,
    ingest,
    object_file,
)
from tests.support.failing_disk import FailingDisk, PowerCut
from tests.support.rights import rights_of_machine


def test_backup_needs_the_right_to_manage_the_office(
    toolbox: Toolbox, target: Path, rights_of: Callable[[str | None], Rights]
) -> None:
    for name in ("cleo", None):
        with pytest.raises(NotAllowed):
            backup.back_up(
                toolbox,
                rights_of(name),
                target,
                options=BackupOptions(),
                on_progress=ignore,
            )
    assert not target.exists()


def test_target_in_the_home_or_around_it_is_refused(toolbox: Toolbox) -> None:
    home = toolbox.settings.home
    for path in (home, home / "backup", home / "vault/../x", home.parent):
        with pytest.raises(BackupTargetInside):
            back_up(toolbox, path)


def test_target_with_other_files_is_refused_and_not_touched(toolbox: Toolbox, target: Path) -> None:
    target.mkdir()
    (target / "README.txt").write_text("mine")
    with pytest.raises(BackupTargetNotEmpty):
        back_up(toolbox, target)
    assert [path.name for path in target.iterdir()] == ["README.txt"]
    (target / "README.txt").unlink()
    (target / "lost+found").mkdir()
    (target / ".Trash-1000").mkdir()
    back_up(toolbox, target)
    assert_good(target, copies=1)


def test_new_target_with_a_folder_incoming_of_others_is_refused_and_not_touched(
    toolbox: Toolbox, target: Path
) -> None:
    scans = target / "incoming"
    scans.mkdir(parents=True)
    (scans / "scan.tiff").write_text("mine")
    with pytest.raises(BackupTargetNotEmpty):
        back_up(toolbox, target)
    assert (scans / "scan.tiff").read_text() == "mine"


def test_new_target_with_the_rest_of_a_killed_backup_is_used(
    toolbox: Toolbox, target: Path
) -> None:
    back_up(toolbox, target)
    shutil.rmtree(target / "copies")
    (target / "loi-ke-backup.json").unlink()
    (target / "incoming").mkdir(exist_ok=True)
    (target / "incoming" / f"{'0' * 32}.001").write_text("x")
    back_up(toolbox, target)
    assert_good(target, copies=1)
    assert not (target / "incoming").exists() or not list((target / "incoming").iterdir())


def test_disk_that_reports_no_size_is_used(
    toolbox: Toolbox, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some drivers of FAT do."""
    usage = shutil.disk_usage(target.parent)._replace(total=0, free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    back_up(toolbox, target)
    assert_good(target, copies=1)


@pytest.mark.sqlite_only
def test_home_with_an_unfinished_restore_is_not_backed_up(toolbox: Toolbox, target: Path) -> None:
    restore_marker.mark_unfinished(toolbox.settings, restore_id="x", copy="0001")
    with pytest.raises(RestoreUnfinished):
        back_up(toolbox, target)
    assert not target.exists()


def test_backup_of_another_archive_is_refused(toolbox: Toolbox, target: Path) -> None:
    back_up(toolbox, target)
    marker = target / "loi-ke-backup.json"
    for content in ('{"format": 1, "archive": "01ANOTHER"}', "damaged"):
        marker.write_text(content)
        with pytest.raises(BackupOfAnotherArchive):
            back_up(toolbox, target)
    assert_good(target, copies=1)


def test_disk_that_is_not_connected_is_not_written_by_the_schedule(
    toolbox: Toolbox, target: Path
) -> None:
    """The empty folder of the mount is on the disk of the machine."""
    with pytest.raises(BackupTargetMissing):
        back_up(toolbox, target, may_begin=False)
    target.mkdir()
    with pytest.raises(BackupTargetMissing):
        back_up(toolbox, target, may_begin=False)
    assert list(target.iterdir()) == []
    back_up(toolbox, target)
    back_up(toolbox, target, may_begin=False)
    assert_good(target, copies=2)


@pytest.mark.parametrize("path", ["file", "file/below", "missing/below"])
def test_target_that_cannot_be_made_is_refused(path: str, toolbox: Toolbox, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupTargetUnusable) as refused:
        back_up(toolbox, tmp_path / path)
    assert refused.value.facts["reason"]


def test_two_backups_at_once_are_refused(toolbox: Toolbox, target: Path) -> None:
    with backup._only_one(toolbox.home), pytest.raises(BackupRunning):
        back_up(toolbox, target)
    back_up(toolbox, target)


def test_full_disk_is_found_before_a_byte_is_copied(
    toolbox: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(toolbox, target)
    ingest(toolbox, tmp_path / "in")
    monkeypatch.setattr(BackupFolder, "free_bytes", lambda _self: 1000)
    with pytest.raises(BackupTargetFull) as refused:
        back_up(toolbox, target)
    assert refused.value.facts["needed_bytes"] > refused.value.facts["free_bytes"] == 1000
    assert not (target / "objects").exists()
    assert_good(target, copies=1)


def test_bad_cable_is_found_when_the_copy_is_read_back(toolbox: Toolbox, target: Path) -> None:
    back_up(toolbox, target)
    with pytest.raises(BackupTargetFaulty):
        back_up(toolbox, target, folder=folder_with(target, disk=ChangingDisk()))
    assert_good(target, copies=1)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("power", [False, True], ids=["full", "killed"])
def test_earlier_copy_stays_good_at_each_failing_operation_of_the_disk(
    power: bool, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    [first, _second] = ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target)
    object_file(target, first).unlink()  # so that there is an original to copy
    good = BackupFolder(target).copies()[0]
    for number in (1, 3, 5, 8, 13, 16, 20, 25, 30, 40, 50, 60):
        disk = FailingDisk(number, power=power, code=28)
        with suppress(PowerCut, Refused, OSError):
            back_up(toolbox, target, folder=folder_with(target, disk=disk))
        assert good in BackupFolder(target).copies()
        object_file(target, first).unlink(missing_ok=True)
    result = back_up(toolbox, target)
    assert result.copied == 1
    assert_good(target)
    assert not (target / "incoming").exists() or not list((target / "incoming").iterdir())
    assert {path.name for path in (target / "copies").iterdir()} == set(
        BackupFolder(target).copies()
    )


@pytest.mark.parametrize("stage", ["copying_database", "copying_originals", "checking_copies"])
def test_stopped_backup_leaves_the_earlier_copy_and_no_rest(
    stage: str, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target)
    ingest(toolbox, tmp_path / "in", accession="LK-22")
    seen: list[tuple[float, str]] = []

    def stop(share: float, at: str) -> None:
        seen.append((share, at))
        if at == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup.back_up(
            toolbox,
            rights_of_machine(MACHINE),
            target,
            options=BackupOptions(),
            on_progress=stop,
        )
    assert [share for share, _at in seen] == sorted(share for share, _at in seen)
    assert_good(target, copies=1)
    assert len(list((target / "copies").iterdir())) == 1
    with toolbox.database.writing() as db:
        db.add(Setting(key="free", value=""))
    back_up(toolbox, target)
    assert_good(target, copies=2)
