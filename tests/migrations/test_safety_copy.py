"""The copy of an SQLite database before a migration: whole, private, numbered, or none."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from archive import migrations
from archive.migrations import SafetyCopyFailed, safety_copy
from tests.migrations.filled_database import (
    ON_SQLITE,
    assert_rows_kept,
    change,
    fill,
    reflect_tables,
)
from tests.migrations.synthetic_revision import (
    ADD_COLUMN,
    add_revision,
    upgrade_in_process,
    use_revision,
)

pytestmark = ON_SQLITE
NEWEST = str(migrations.newest_revision())


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("archive.db.before-*"))


def assert_upgraded_beside_a_whole_copy(url: str, filled: dict[str, dict[str, object]]) -> None:
    """The database has the new column, and the newest copy all rows of the old one."""
    folder = Path(url.removeprefix("sqlite:///")).parent
    assert "shelf" in reflect_tables(url).tables["collection"].columns
    copy = max(folder.glob("archive.db.before-*"), key=lambda path: path.stat().st_mtime_ns)
    assert_rows_kept(filled, f"sqlite:///{copy}")
    assert migrations.current_revision(f"sqlite:///{copy}") == NEWEST
    assert "shelf" not in reflect_tables(f"sqlite:///{copy}").tables["collection"].columns


@pytest.mark.parametrize("dies", [True, False], ids=["killed", "disk-full"])
def test_copy_that_ended_half_way_is_made_again(url: str, tmp_path: Path, dies: bool) -> None:
    migrations.upgrade(url)
    filled = fill(url)
    folder = add_revision(tmp_path, ADD_COLUMN)
    ended = upgrade_in_process(url, folder, most_bytes=65536, dies=dies)
    if dies:
        assert ended.returncode == -signal.SIGXFSZ
        [left, journal] = copies(tmp_path)
        assert left.endswith(".new"), "an unfinished copy has another name"
        assert journal == f"{left}-journal"
        assert (tmp_path / left).stat().st_size == 65536
    else:
        assert "SafetyCopyFailed" in ended.stderr
        assert copies(tmp_path) == []
    assert migrations.current_revision(url) == NEWEST
    assert upgrade_in_process(url, folder).stderr == ""
    assert copies(tmp_path) == [f"archive.db.before-{NEWEST}"]
    assert_upgraded_beside_a_whole_copy(url, filled)


def test_copy_is_numbered_beside_stale_and_empty_ones(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(url)
    stale = tmp_path / f"archive.db.before-{NEWEST}"
    shutil.copy(tmp_path / "archive.db", stale)
    Path(f"{stale}-2").touch()
    before = stale.read_bytes()
    filled = fill(url)
    use_revision(monkeypatch, tmp_path)
    assert migrations.upgrade(url) is True
    assert copies(tmp_path) == [stale.name, f"{stale.name}-2", f"{stale.name}-3"]
    assert_rows_kept(filled, f"sqlite:///{stale}-3")
    assert (stale.read_bytes(), Path(f"{stale}-2").read_bytes()) == (before, b"")


def test_copy_of_a_migration_that_was_killed_is_kept(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(url)
    filled = fill(url)
    killed = add_revision(tmp_path / "killed", "    os.kill(os.getpid(), 9)\n")
    assert upgrade_in_process(url, killed).returncode == -signal.SIGKILL
    assert copies(tmp_path) == [f"archive.db.before-{NEWEST}"]
    use_revision(monkeypatch, tmp_path)
    assert migrations.upgrade(url) is True
    assert copies(tmp_path) == [f"archive.db.before-{NEWEST}", f"archive.db.before-{NEWEST}-2"]
    assert_upgraded_beside_a_whole_copy(url, filled)


@pytest.mark.parametrize("damage", ["truncated", "a row lacks", "a page is wrong"])
def test_copy_that_differs_stops_the_migration(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """A disk that keeps other bytes than it was given: the migration does not begin."""
    migrations.upgrade(url)
    filled = fill(url)
    use_revision(monkeypatch, tmp_path)
    write_copy = safety_copy._write_copy

    def write_and_damage(file: Path, target: Path) -> None:
        write_copy(file, target)
        if damage == "truncated":
            os.truncate(target, target.stat().st_size // 2)
        elif damage == "a row lacks":
            with sqlite3.connect(target) as database:
                database.execute("DELETE FROM event")
        else:
            with target.open("r+b") as stream:
                stream.seek(2 * 4096)
                stream.write(b"\xff" * 4096)

    monkeypatch.setattr(safety_copy, "_write_copy", write_and_damage)
    with pytest.raises(SafetyCopyFailed):
        migrations.upgrade(url)
    assert copies(tmp_path) == []
    assert migrations.current_revision(url) == NEWEST
    assert "shelf" not in reflect_tables(url).tables["collection"].columns
    assert_rows_kept(filled, url)


def test_copy_is_synced_before_it_has_its_name(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.upgrade(url)
    use_revision(monkeypatch, tmp_path)
    synced: list[tuple[str, int]] = []
    sync = os.fsync

    def record_sync(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        synced.append((path.name, len([name for name in copies(tmp_path) if "new" not in name])))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record_sync)
    migrations.upgrade(url)
    assert synced == [(f"archive.db.before-{NEWEST}.new", 0), (tmp_path.name, 1)]


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o644])
def test_copy_is_as_private_as_the_database(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another account")
    migrations.upgrade(url)
    database = tmp_path / "archive.db"
    database.chmod(mode)
    os.chown(database, 65534, 65534)
    use_revision(monkeypatch, tmp_path)
    migrations.upgrade(url)
    [name] = copies(tmp_path)
    status = (tmp_path / name).stat()
    assert (status.st_uid, status.st_gid) == (65534, 65534)
    assert status.st_mode & 0o777 == mode & 0o600


def test_upgrade_without_a_change_leaves_no_copy(url: str, tmp_path: Path) -> None:
    migrations.upgrade(url)
    change(url, "DELETE FROM place")
    assert migrations.upgrade(url) is False
    assert copies(tmp_path) == []
