"""Restores: equal rows and files, refusals, kills, older and newer programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from archive import audit, database_copies, migrations
from archive.actions.office import (
    restore,
    restore_marker,
    restored_files,
    restored_records,
    workers,
)
from archive.actions.office.backup_folder import (
    BackupFolder,
)
from archive.actions.office.restore import (
    NoBackup,
)
from archive.actions.office.restore_marker import RestoreUnfinished
from archive.db import Database
from archive.jobs.worker import Worker
from archive.models import Event, Job, MediaFile, Setting, SignInSession
from archive.toolbox import Toolbox
from tests.migrations import filled_database
from tests.support.backups import (
    CHANGED,
    back_up,
    empty_archive,
    folder_with,
    ingest,
    replace_database,
    restore_into,
    rows_without,
)
from tests.support.cast import session_of
from tests.support.rights import rights_of_machine
from tests.support.searchable_interviews import add_interview_with_text, hit_texts, search_as


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.postgresql
def test_rows_and_files_of_a_restored_archive_are_equal(
    kind: str, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    originals = ingest(toolbox, tmp_path / "in")
    add_interview_with_text(toolbox, "LK-9", "Tôi bán gạo ở chợ Bà Chiểu.", "Hồi đó nghèo lắm.")
    with toolbox.database.reading() as db:
        events = [(e.number, e.id, e.digest, e.at, e.detail) for e in db.scalars(select(Event))]
    before = rows_without(toolbox.settings.database_url, *CHANGED)
    back_up(toolbox, target, folder=folder_with(target, part_bytes=30_000), with_key=True)
    with empty_archive(kind, tmp_path / "new") as empty:
        result = restore_into(empty, target)
        assert (result.originals, result.missing, result.broken_event) == (2, [], None)
        assert rows_without(empty.settings.database_url, *CHANGED) == before
        for sha256 in originals:
            content = empty.vault.path(sha256).read_bytes()
            assert content == toolbox.vault.path(sha256).read_bytes()
            assert empty.vault.path(sha256).stat().st_mode & 0o777 == 0o400
        with empty.database.reading() as db:
            after = [(e.number, e.id, e.digest, e.at, e.detail) for e in db.scalars(select(Event))]
            assert after[: len(events)] == events
            assert audit.verify_chain(db) is None
            [restored] = db.scalars(select(Event).where(Event.kind == "archive.restored"))
            assert restored.detail["copy"] == result.copy
        home = empty.settings.home
        key = (home / "secret_key").read_text()
        assert key == (toolbox.settings.home / "secret_key").read_text()
        assert not list(home.glob("*.restor*"))
        assert not (home / restore_marker.MARKER_NAME).exists()
        restore_marker.require_finished(empty.settings)
        Worker(empty).run_until_idle()
        found = search_as(empty, rights_of_machine("test"), "gạo")
        assert hit_texts(found) == ["Tôi bán gạo ở chợ Bà Chiểu."]


def test_restored_archive_makes_its_copies_again(
    toolbox: Toolbox, empty: Toolbox, target: Path, tmp_path: Path
) -> None:
    ingest(toolbox, tmp_path / "in", count=1)
    Worker(toolbox).run_until_idle()
    made = derived_files(toolbox)
    assert len(made) >= 2
    back_up(toolbox, target)
    restore_into(empty, target)
    assert list(empty.settings.derivatives_dir.iterdir()) == []
    Worker(empty).run_until_idle()
    with empty.database.reading() as db:
        assert db.scalars(select(Job.state).where(Job.state == "failed")).all() == []
    again = derived_files(empty)
    assert again.keys() == made.keys()
    assert all(path.is_file() for path in again.values())


def derived_files(tools: Toolbox) -> dict[tuple[str, str], Path]:
    """Return the files of derivatives by original and recipe."""
    with tools.database.reading() as db:
        return {
            (file.derived_from_id or "", file.recipe): tools.derivatives_dir / file.path
            for file in db.scalars(select(MediaFile))
            if file.path
        }


def test_restored_archive_continues_its_backup(
    toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    back_up(toolbox, target)
    restore_into(empty, target)
    back_up(empty, target)
    assert len(BackupFolder(target).copies()) == 2


def test_restore_ends_sessions_and_the_backup_that_ran(
    toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    session_of(toolbox.database, "ada")
    with toolbox.database.writing() as db:
        workers.record_heartbeat(db, name="old-pc:7", host="old-pc")
        db.add(Job(kind="backup", state="running", lease_token="x"))
        db.add(Job(kind="sweep", state="queued"))
    back_up(toolbox, target)
    restore_into(empty, target)
    with empty.database.reading() as db:
        assert db.scalars(select(SignInSession)).all() == []
        assert workers.load_report(db).dead == ()
        states = {job.kind: job.state for job in db.scalars(select(Job))}
    assert states == {"backup": "cancelled", "sweep": "queued", "index": "queued"}


def test_chosen_copy_is_restored(toolbox: Toolbox, empty: Toolbox, target: Path) -> None:
    first = back_up(toolbox, target)
    with toolbox.database.writing() as db:
        db.add(Setting(key="later", value=""))
    back_up(toolbox, target)
    with pytest.raises(NoBackup):
        restore_into(empty, target, copy="0099_")
    restore_into(empty, target, copy=first.copy)
    with empty.database.reading() as db:
        assert db.get(Setting, "later") is None


@pytest.mark.sqlite_only
@pytest.mark.parametrize("revision", ["0001", "0004", "0005"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.postgresql
def test_copy_of_an_older_program_is_migrated(
    revision: str, kind: str, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    back_up(toolbox, target)
    older = tmp_path / "older.db"
    filled_database.upgrade_to(database_copies.file_url(older), revision)
    filled = filled_database.fill(database_copies.file_url(older))
    replace_database(target, older)
    with empty_archive(kind, tmp_path / "new") as empty:
        assert restore_into(empty, target).migrated
        assert migrations.current_revision(empty.settings.database_url) == (
            migrations.newest_revision()
        )
        for name in ("sign_in_session", "presence", "event_chain", "annotation", "job", "segment"):
            filled.pop(name, None)  # changed by a migration or by the restore
        filled_database.assert_rows_kept(filled, empty.settings.database_url)
        assert list(empty.settings.home.glob("*.before-*")) == []


STEPS = [
    (restored_files, "stage_database"),
    (restore, "_migrate"),
    (restored_files, "copy_originals"),
    (restored_records, "complete_records"),
    (restore, "_publish"),
    (restored_files, "write_key"),
    (restore, "make_folders"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", range(len(STEPS)))
def test_restore_that_was_killed_is_run_again(
    step: int,
    when: str,
    toolbox: Toolbox,
    empty: Toolbox,
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    originals = ingest(toolbox, tmp_path / "in")
    before = rows_without(toolbox.settings.database_url, *CHANGED)
    back_up(toolbox, target, with_key=True)
    module, name = STEPS[step]
    call, calls = getattr(module, name), 0

    def killed(*args: Any, **keywords: Any) -> Any:
        nonlocal calls
        calls += 1
        if name == "make_folders" and calls == 1:
            return call(*args, **keywords)
        if when == "after":
            call(*args, **keywords)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, name, killed)
    with pytest.raises(KeyboardInterrupt):
        restore_into(empty, target)
    with pytest.raises(RestoreUnfinished):
        restore_marker.require_finished(empty.settings)
    monkeypatch.setattr(module, name, call)
    restore_into(empty, target)
    restore_marker.require_finished(empty.settings)
    assert rows_without(empty.settings.database_url, *CHANGED) == before
    assert sorted(empty.vault.keys()) == sorted(originals)
    with empty.database.reading() as db:
        assert len(db.scalars(select(Event).where(Event.kind == "archive.restored")).all()) == 1
        assert audit.verify_chain(db) is None


def test_originals_of_another_attempt_are_removed(
    toolbox: Toolbox, empty: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = back_up(toolbox, target)
    [original] = ingest(toolbox, tmp_path / "in", count=1)
    back_up(toolbox, target)
    publish = restore._publish

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(restore, "_publish", killed)
    with pytest.raises(KeyboardInterrupt):
        restore_into(empty, target)
    assert list(empty.vault.keys()) == [original]
    monkeypatch.setattr(restore, "_publish", publish)
    restore_into(empty, target, copy=first.copy)
    assert list(empty.vault.keys()) == []


def test_database_of_a_restored_archive_is_the_one_in_use(
    toolbox: Toolbox, empty: Toolbox, target: Path
) -> None:
    back_up(toolbox, target)
    restore_into(empty, target)
    with empty.database.writing() as db:
        db.add(Setting(key="used", value="yes"))
    other = Database(empty.settings.database_url)
    with other.reading() as db:
        assert db.get(Setting, "used") is not None
    other.dispose()


def test_restore_that_was_killed_after_its_database_goes_on_with_its_own_copy(
    toolbox: Toolbox, empty: Toolbox, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = back_up(toolbox, target)
    ingest(toolbox, tmp_path / "in", count=1)
    second = back_up(toolbox, target)
    finish = restore_marker.mark_finished

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(restore_marker, "mark_finished", killed)
    with pytest.raises(KeyboardInterrupt):
        restore_into(empty, target, copy=first.copy)
    monkeypatch.setattr(restore_marker, "mark_finished", finish)
    with pytest.raises(restore.RestoreHomeNotEmpty):
        restore_into(empty, target, copy=second.copy)
    assert restore_into(empty, target).copy == first.copy
    assert list(empty.vault.keys()) == []
