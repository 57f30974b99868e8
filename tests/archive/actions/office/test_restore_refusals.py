"""Restores that are refused, with nothing touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from archive import database_copies, migrations
from archive.actions.office import backup_folder, restore_marker
from archive.actions.office.backup_folder import (
    BackupFolder,
    BackupTargetUnusable,
)
from archive.actions.office.backup_manifest import BackupFormatNewer
from archive.actions.office.restore import (
    NoBackup,
    RestoreDatabaseNotEmpty,
    RestoreHomeFull,
    RestoreHomeNotEmpty,
)
from archive.actions.office.restored_files import BackupDamaged
from archive.migrations import DatabaseNewer
from archive.models import Setting
from archive.toolbox import Toolbox
from tests.migrations import filled_database
from tests.support.backups import (
    back_up,
    checkpoint,
    empty_archive,
    replace_database,
    restore_into,
)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "what", ["nothing", "an empty folder", "an unfinished copy", "other files"]
)
def test_folder_without_a_finished_backup_is_refused(
    what: str, toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    if what == "an unfinished copy":
        name = back_up(toolbox, target).copy
        (target / "copies" / name / "manifest.json").unlink()
    elif what != "nothing":
        target.mkdir()
    if what == "other files":
        (target / "archive.db").write_bytes(b"x")
    with pytest.raises(NoBackup):
        restore_into(empty, target)
    restore_marker.require_finished(empty.settings)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("name", ["archive.db", "archive.db-wal", "vault/objects/x", "letters.txt"])
def test_home_that_is_not_empty_is_refused_and_not_touched(
    name: str, toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    back_up(toolbox, target)
    file = empty.settings.home / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("mine")
    before = sorted(empty.settings.home.rglob("*"))
    with pytest.raises(RestoreHomeNotEmpty) as refused:
        restore_into(empty, target)
    assert refused.value.facts["found"] == [name.partition("/")[0]]
    assert sorted(empty.settings.home.rglob("*")) == before
    assert file.read_text() == "mine"


@pytest.mark.sqlite_only
def test_home_with_key_and_models_is_empty(toolbox: Toolbox, empty: Toolbox, target: Path) -> None:
    (toolbox.settings.home / "secret_key").write_text("k" * 64)
    back_up(toolbox, target)
    (empty.settings.home / "secret_key").write_text("n" * 64)
    (empty.settings.models_dir / "small.pt").write_text("weights")
    restore_into(empty, target)
    assert (empty.settings.home / "secret_key").read_text() == "n" * 64  # the copy has no key


@pytest.mark.postgresql
@pytest.mark.sqlite_only
def test_database_that_is_not_empty_is_refused(
    toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    back_up(toolbox, target)
    with empty_archive("postgresql", tmp_path / "new") as empty:
        migrations.upgrade(empty.settings.database_url)
        with empty.database.writing() as db:
            db.add(Setting(key="site_name", value="of another office"))
        with pytest.raises(RestoreDatabaseNotEmpty):
            restore_into(empty, target)
        with empty.database.writing() as db:
            db.execute(text("DELETE FROM setting"))
        restore_into(empty, target)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("file", ["archive.db", "manifest.json"])
def test_damaged_copy_is_refused_and_an_earlier_one_restored(
    file: str, toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    first, second = back_up(toolbox, target), back_up(toolbox, target)
    damaged = target / "copies" / second.copy / file
    content = damaged.read_bytes()
    damaged.write_bytes(content[:50] + b"\xff" + content[51:])
    with pytest.raises(BackupDamaged) as refused:
        restore_into(empty, target)
    assert refused.value.facts["files"] == [f"copies/{second.copy}/{file}"]
    restore_into(empty, target, copy=first.copy)


@pytest.mark.sqlite_only
def test_copy_of_a_newer_program_is_refused(
    toolbox: Toolbox, empty: Toolbox, target: Path, tmp_path: Path
) -> None:
    name = back_up(toolbox, target).copy
    newer = tmp_path / "newer.db"
    shutil.copy(target / "copies" / name / "archive.db", newer)
    filled_database.change(
        database_copies.file_url(newer), "UPDATE alembic_version SET version_num = '9999'"
    )
    checkpoint(newer)
    replace_database(target, newer)
    with pytest.raises(DatabaseNewer):
        restore_into(empty, target)
    manifest = target / "copies" / name / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(BackupFormatNewer):
        restore_into(empty, target)


def test_home_without_space_is_refused_before_a_byte_is_written(
    toolbox: Toolbox, empty: Toolbox, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(toolbox, target)
    usage = shutil.disk_usage(target)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(RestoreHomeFull):
        restore_into(empty, target)
    restore_marker.require_finished(empty.settings)


@pytest.mark.sqlite_only
def test_unreadable_source_is_a_sentence(
    toolbox: Toolbox, empty: Toolbox, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(toolbox, target)

    def taken_out(_folder: BackupFolder, name: str) -> bytes:
        raise OSError(5, "Input/output error", str(target / name))

    monkeypatch.setattr(backup_folder.BackupFolder, "manifest", taken_out)
    with pytest.raises(BackupTargetUnusable):
        restore_into(empty, target)
