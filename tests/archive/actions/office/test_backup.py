"""Backups: what is copied, what is refused, and what stays good whatever happens."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archive import audit, database_copies
from archive.actions.office import backup, backup_folder, backup_snapshot, backup_status
from archive.actions.office.backup_folder import (
    BackupFolder,
)
from archive.actions.office.settings_file import as_environment, settings_file
from archive.models import Event, MediaFile
from archive.models.base import utc_now
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support.backups import assert_good, back_up, folder_with, ingest, object_file


def test_backup_has_the_database_the_originals_and_the_settings(
    toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    originals = ingest(toolbox, tmp_path / "in")
    result = back_up(toolbox, target)
    assert (result.originals, result.copied, result.missing) == (2, 2, [])
    assert_good(target, copies=1)
    for sha256 in originals:
        assert object_file(target, sha256).read_bytes() == toolbox.vault.path(sha256).read_bytes()
    copy = target / "copies" / result.copy
    assert sorted(path.name for path in copy.iterdir()) == [
        "archive.db",
        "manifest.json",
        "settings.env",
    ]
    with database_copies.opened_copy(copy / "archive.db") as connection:
        assert set(connection.scalars(select(MediaFile.sha256))) == set(originals)
    readme = (target / "README.txt").read_text(encoding="utf-8")
    assert "flask --app app restore" in readme
    assert "Khôi phục" in readme
    assert not (toolbox.settings.home / ".backup").exists()


def test_names_fit_on_fat(toolbox: Toolbox, target: Path, tmp_path: Path) -> None:
    ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target, folder=folder_with(target, part_bytes=20_000), with_key=True)
    names = [path.name for path in target.rglob("*")]
    assert any(name.endswith(".002") for name in names)
    assert [name for name in names if set(name) & set('\\/:*?"<>|') or name.endswith(".")] == []
    assert all(path.stat().st_size <= 20_000 for path in target.rglob("*") if path.is_file())
    assert not any(path.is_symlink() or path.stat().st_nlink > 1 for path in target.rglob("*.*"))
    assert_good(target)


def test_backup_without_permissions_and_folder_flushes_is_good(
    toolbox: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on FAT and on some network shares."""
    ingest(toolbox, tmp_path / "in")
    refusing: dict[str, Callable[..., Any]] = {
        "chmod": os.chmod,
        "chown": os.chown,
        "link": os.link,
    }

    def refuse(name: str) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **keywords: Any) -> Any:
            if str(path).startswith(str(target)):
                raise PermissionError(1, "Operation not permitted", str(path))
            return refusing[name](path, *args, **keywords)

        return call

    flush = os.fsync

    def flush_files_only(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir() and path.is_relative_to(target):
            raise OSError(errno.EINVAL, "Invalid argument")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", flush_files_only)
    for name in refusing:
        monkeypatch.setattr(os, name, refuse(name))
    back_up(toolbox, target)
    assert_good(target, copies=1)


def test_files_of_a_backup_are_private(toolbox: Toolbox, target: Path, tmp_path: Path) -> None:
    ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target, with_key=True)
    assert {oct(path.stat().st_mode & 0o077) for path in [target, *target.rglob("*")]} == {"0o0"}


def test_key_is_copied_on_request_only(toolbox: Toolbox, target: Path) -> None:
    (toolbox.settings.home / "secret_key").write_text("k" * 64)
    first, second = back_up(toolbox, target), back_up(toolbox, target, with_key=True)
    assert not (target / "copies" / first.copy / "secret_key").exists()
    assert (target / "copies" / second.copy / "secret_key").read_text() == "k" * 64
    assert (first.with_key, second.with_key) == (False, True)
    assert "kkkk" not in (target / "copies" / second.copy / "settings.env").read_text()


def test_settings_file_is_read_as_the_same_settings(tmp_path: Path) -> None:
    env = {
        "LOIKE_HOME": str(tmp_path / "nhà kho's"),
        "LOIKE_DATABASE_URL": "postgresql://loike:secret@db/loike",
        "LOIKE_LANGUAGE": "en",
        "LOIKE_PUBLIC_STATES": "approved,corrected",
        "LOIKE_PORT": "9000",
        "LOIKE_HTTPS": "yes",
        "LOIKE_TIMEZONE": "Asia/Tokyo",
        "LOIKE_BACKUP_TARGET": "/mnt/usb one",
        "LOIKE_BACKUP_HOUR": "4",
        "LOIKE_SECRET_KEY": "never" * 10,
    }
    settings = Settings.from_env(env)
    assert "secret:" not in settings_file(settings)
    assert "never" not in settings_file(settings)
    file = tmp_path / "settings.env"
    file.write_text(settings_file(settings), encoding="utf-8")
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    shell = f"set -a; . ./{file.name}; exec {sys.executable} -c '{code}'"
    printed = subprocess.run(
        ["sh", "-c", shell], cwd=tmp_path, env={}, capture_output=True, check=True, text=True
    )
    again = json.loads(printed.stdout)
    assert {k: v for k, v in again.items() if k.startswith("LOIKE_")} == as_environment(settings)
    again |= {"LOIKE_DATABASE_URL": settings.database_url, "LOIKE_SECRET_KEY": "never" * 10}
    assert Settings.from_env(again) == settings


def test_second_backup_copies_only_what_is_new(
    toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    old = ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target)
    before = {sha256: object_file(target, sha256).stat().st_ino for sha256 in old}
    ingest(toolbox, tmp_path / "in", count=1, accession="LK-22")
    result = back_up(toolbox, target)
    assert (result.originals, result.copied, result.checked) == (3, 1, 2)
    assert {sha256: object_file(target, sha256).stat().st_ino for sha256 in old} == before
    assert_good(target, copies=2)


def test_damaged_copy_is_found_and_replaced(toolbox: Toolbox, target: Path, tmp_path: Path) -> None:
    [first, second] = ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target)
    file = object_file(target, first)
    file.write_bytes(b"!" + file.read_bytes()[1:])
    object_file(target, second).unlink()
    result = back_up(toolbox, target)
    assert (result.copied, result.checked, result.repaired) == (1, 1, 1)
    assert_good(target)


def test_a_part_of_the_copies_is_read_again_each_time(
    toolbox: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    originals = ingest(toolbox, tmp_path / "in", count=3)
    back_up(toolbox, target)
    monkeypatch.setattr(backup, "RECHECKED_BYTES", 1)
    now = utc_now()
    instants = (now + timedelta(days=day) for day in range(1, 100))
    monkeypatch.setattr(backup, "utc_now", lambda: next(instants))
    checked = set()
    for _ in originals:
        result = back_up(toolbox, target)
        assert result.checked == 1
        manifest = BackupFolder(target).manifest(result.copy)
        checked.add(max(manifest.objects, key=lambda item: item.checked_at).sha256)
    assert checked == set(originals)
    assert back_up(toolbox, target, check_all=True).checked == 3


@pytest.mark.parametrize("name", ["giữ lại 2026", "2025_before-the-move", "0001_old"])
def test_folders_of_others_among_the_copies_are_left_alone(
    toolbox: Toolbox, target: Path, name: str
) -> None:
    back_up(toolbox, target)
    kept = target / "copies" / name
    kept.mkdir()
    (kept / "archive.db").write_bytes(b"kept")
    (target / "copies" / "link").symlink_to(kept)
    result = back_up(toolbox, target)
    assert result.copy.startswith("0002_")
    assert (kept / "archive.db").read_bytes() == b"kept"


def test_original_that_cannot_be_opened_is_named_and_the_rest_copied(
    toolbox: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _whole = ingest(toolbox, tmp_path / "in")
    opened = Path.open

    def fail(path: Path, *args: Any, **keywords: Any) -> Any:
        if path == toolbox.vault.path(broken):
            raise OSError(errno.EIO, "Input/output error", str(path))
        return opened(path, *args, **keywords)

    monkeypatch.setattr(Path, "open", fail)
    result = back_up(toolbox, target)
    assert (result.missing, result.copied) == ([broken], 1)
    assert_good(target, copies=1)


def test_folder_of_others_with_the_name_of_a_copy_is_left_alone(
    toolbox: Toolbox, target: Path
) -> None:
    """A copy that a person is bringing from another disk: its manifest comes last."""
    back_up(toolbox, target)
    kept = target / "copies" / "0004_2025-01-01T000000Z"
    kept.mkdir()
    (kept / "archive.db").write_bytes(b"kept")
    assert back_up(toolbox, target).copy.startswith("0005_")
    assert (kept / "archive.db").read_bytes() == b"kept"
    (kept / "unfinished").touch()  # of this program
    back_up(toolbox, target)
    assert not kept.exists()
    assert_good(target, copies=3)


def test_copy_that_was_finished_when_its_power_was_cut_counts(
    toolbox: Toolbox, target: Path
) -> None:
    name = back_up(toolbox, target).copy
    (target / "copies" / name / "unfinished").touch()
    back_up(toolbox, target)
    assert not (target / "copies" / name / "unfinished").exists()
    assert_good(target, copies=2)


def test_newest_copy_with_the_key_is_kept_beside_the_fourteen(
    toolbox: Toolbox, target: Path
) -> None:
    first = back_up(toolbox, target, with_key=True).copy
    keyed = back_up(toolbox, target, with_key=True).copy
    names = [back_up(toolbox, target).copy for _ in range(backup_folder.KEPT_COPIES + 1)]
    assert first not in BackupFolder(target).copies()
    assert BackupFolder(target).copies() == [*names[:0:-1], keyed]
    newer = back_up(toolbox, target, with_key=True).copy
    assert BackupFolder(target).copies() == [newer, *names[:1:-1]]


def test_damaged_copies_do_not_push_out_whole_ones(toolbox: Toolbox, target: Path) -> None:
    whole = back_up(toolbox, target).copy
    for _ in range(backup_folder.KEPT_COPIES - 1):
        name = back_up(toolbox, target).copy
        (target / "copies" / name / "manifest.json").write_text("damaged")
    back_up(toolbox, target)
    assert whole in BackupFolder(target).copies()
    assert len(BackupFolder(target).copies()) == backup_folder.KEPT_COPIES + 1


def test_fourteen_copies_are_kept(toolbox: Toolbox, target: Path) -> None:
    names = [back_up(toolbox, target).copy for _ in range(backup_folder.KEPT_COPIES + 2)]
    assert len(set(names)) == len(names)
    assert BackupFolder(target).copies() == names[:1:-1]
    assert sorted(path.name for path in (target / "copies").iterdir()) == names[2:]


def test_newest_copy_is_the_last_one_made_if_the_clock_was_set_back(
    toolbox: Toolbox, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ClockSetBack(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> ClockSetBack:
            return cls(2010, 1, 1, tzinfo=tz)

    for _ in range(backup_folder.KEPT_COPIES):
        back_up(toolbox, target)
    monkeypatch.setattr(backup_folder, "datetime", ClockSetBack)
    result = back_up(toolbox, target)
    assert result.copy == "0015_2010-01-01T000000Z"
    assert BackupFolder(target).copies()[0] == result.copy


def test_missing_original_is_named_and_the_rest_copied(
    toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    [first, second, third] = ingest(toolbox, tmp_path / "in", count=3)
    toolbox.vault.path(first).unlink()
    damaged = toolbox.vault.path(second)
    damaged.chmod(0o600)
    damaged.write_bytes(b"!" + damaged.read_bytes()[1:])
    result = back_up(toolbox, target)
    assert sorted(result.missing) == sorted([first, second])
    assert result.copied == 1
    assert_good(target, copies=1)
    manifest = BackupFolder(target).manifest(result.copy)
    assert [item.sha256 for item in manifest.objects] == [third]
    assert manifest.missing == sorted([first, second])


def test_original_that_is_lost_here_stays_in_the_backup(
    toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    [first, _second] = ingest(toolbox, tmp_path / "in")
    back_up(toolbox, target)
    toolbox.vault.path(first).unlink()
    result = back_up(toolbox, target)
    assert result.missing == []
    assert_good(target, copies=2)


def test_originals_removed_with_their_rows_need_another_snapshot(
    toolbox: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first, second] = ingest(toolbox, tmp_path / "in")
    take = backup_snapshot.take_snapshot

    def take_and_remove(*args: Any) -> Any:
        snapshot = take(*args)
        if len(snapshot.originals) == 2:
            with toolbox.database.writing() as db:
                db.query(MediaFile).filter_by(sha256=first).delete()
            toolbox.vault.discard(first)
        return snapshot

    monkeypatch.setattr(backup, "take_snapshot", take_and_remove)
    result = back_up(toolbox, target)
    assert (result.originals, result.missing) == (1, [])
    manifest = BackupFolder(target).manifest(result.copy)
    assert [item.sha256 for item in manifest.objects] == [second]
    assert_good(target, copies=1)


def test_backup_is_an_event_of_the_chain(toolbox: Toolbox, target: Path) -> None:
    with toolbox.database.reading() as db:
        assert backup_status.last_backup(db) is None
    result = back_up(toolbox, target)
    with toolbox.database.reading() as db:
        event = db.scalars(select(Event).order_by(Event.number.desc())).first()
        assert event is not None
        assert (event.kind, event.detail["copy"]) == ("archive.backed_up", result.copy)
        assert audit.verify_chain(db) is None
        last = backup_status.last_backup(db)
    assert last is not None
    assert (last.target, last.is_too_old) == (str(target), False)
    assert replace(last, at=last.at - timedelta(days=2, minutes=1)).is_too_old
    assert replace(last, at=last.at + timedelta(days=9)).age == timedelta(0)
