"""Restore a backup into an empty home and an empty database.

Until the end the home has a marker, `restore-unfinished.json`, beside which no other command
begins. A restore that was killed is run again and goes on: originals that are there and whole
are not copied again. All changes are made in a copy of the database beside its final place; the
last step is a rename (SQLite) or one transaction (PostgreSQL). The marker has the id of the
restore, which is also stored in the database: so it is known whether the last step was done.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError

from archive import access, database_copies, file_modes, migrations
from archive.access import Refused, Rights
from archive.actions.office import restore_marker, restored_files, restored_records
from archive.actions.office.backup_folder import BackupFolder, BackupTargetUnusable
from archive.actions.office.backup_locks import only_process
from archive.actions.office.backup_manifest import DATABASE_NAME, Manifest, ManifestDamaged
from archive.actions.office.backup_snapshot import BackupProgress
from archive.actions.office.restore_marker import MARKER_NAME
from archive.actions.office.restored_files import BackupDamaged, damaged_files, log_files
from archive.actions.office.restored_records import RestoredFrom
from archive.database_copies import CopyIncomplete, file_url
from archive.db import Database
from archive.models.base import new_id
from archive.settings import Settings, make_folders, make_home
from archive.storage_faults import sqlite_file
from archive.toolbox import Toolbox

MOST_FOUND_NAMED = 20
_MAY_BE_THERE = {"secret_key", "models", "lost+found", MARKER_NAME}


class NoBackup(Refused):
    """The folder holds no finished copy, or none of this name: `path`."""

    code = "no_backup"


class RestoreRunning(Refused):
    """Another process is restoring into this home, or to this database."""

    code = "restore_running"


class RestoreHomeNotEmpty(Refused):
    """The home is not empty: `path`, `found`."""

    code = "restore_home_not_empty"


class RestoreDatabaseNotEmpty(Refused):
    """The database has rows."""

    code = "restore_database_not_empty"


class RestoreHomeFull(Refused):
    """The disk of the home has too little space: `needed_bytes`, `free_bytes`."""

    code = "restore_home_full"


@dataclass(frozen=True, kw_only=True)
class RestoreOptions:
    """`copy`: the name of one, or the newest. `accept_damaged`: do without damaged files."""

    copy: str = ""
    accept_damaged: bool = False


@dataclass(kw_only=True)
class RestoreResult:
    """What was restored. `missing` are originals without bytes; `broken_event` breaks the chain.

    `damaged` are other files of the copy that were left out.
    """

    copy: str = ""
    made_at: str = ""
    originals: int = 0
    original_bytes: int = 0
    migrated: bool = False
    with_key: bool = False
    broken_event: int | None = None
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON-serialisable values."""
        return asdict(self)


def restore(
    toolbox: Toolbox,
    rights: Rights,
    source: Path,
    *,
    options: RestoreOptions,
    on_progress: BackupProgress,
) -> RestoreResult:
    """Restore a copy of the backup in `source`. Raises Refused; call again after a kill.

    `toolbox.database` must not have been used before.
    """
    access.require(rights, "manage_office")
    settings = toolbox.settings
    folder = BackupFolder(source)
    with _only_restore(settings), _refusing_unreadable(source):
        manifest = _find(folder, _chosen_copy(settings, options.copy))
        restore_id = _begin(toolbox, manifest)
        result = RestoreResult(
            copy=manifest.name,
            made_at=manifest.made_at,
            originals=len(manifest.objects),
            original_bytes=sum(item.size_bytes for item in manifest.objects),
            missing=list(manifest.missing),
        )
        key = _read_key(settings, folder, manifest, result)
        if not _is_published(settings, restore_id):
            staged = restored_files.stage_database(settings, folder, manifest)
            result.migrated = _migrate(staged, folder.file_name(manifest.name, DATABASE_NAME))
            lost = restored_files.copy_originals(toolbox, folder, manifest, on_progress)
            if not options.accept_damaged:
                _require_none([*lost, *result.damaged])
            result.missing += lost
            on_progress(1.0, "loading_database")
            result.broken_event = restored_records.complete_records(
                staged,
                rights,
                RestoredFrom(
                    restore_id=restore_id, manifest=manifest, missing=sorted(result.missing)
                ),
                toolbox=toolbox,
            )
            _publish(settings, staged, on_progress)
        elif not options.accept_damaged:
            _require_none(result.damaged)
        if key is not None:
            restored_files.write_key(settings, key)
            result.with_key = True
        make_folders(settings)
        file_modes.fix_permissions(settings)
        restore_marker.mark_finished(settings)
    return result


@contextlib.contextmanager
def _only_restore(settings: Settings) -> Iterator[None]:
    """Lock the home and the database of SQLite. Raises RestoreRunning."""
    make_home(settings.home)
    locks = {settings.home / ".lock-restore"}
    if (file := sqlite_file(settings.database_url)) is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        locks.add(file.with_name(f".lock-restore-{file.name}"))
    with contextlib.ExitStack() as held:
        for lock in sorted(locks):
            held.enter_context(only_process(lock, RestoreRunning()))
        yield


def _require_none(files: list[str]) -> None:
    if files:
        raise damaged_files(files)


def _read_key(
    settings: Settings, folder: BackupFolder, manifest: Manifest, result: RestoreResult
) -> bytes | None:
    try:
        return restored_files.read_key(settings, folder, manifest)
    except BackupDamaged as refused:
        result.damaged += refused.facts["files"]
        return None


def _find(folder: BackupFolder, copy: str) -> Manifest:
    """Return the manifest of a copy, or of the newest. Raises NoBackup, BackupDamaged."""
    finished = folder.copies()
    if not finished or (copy and copy not in finished):
        raise NoBackup(path=str(folder.path))
    name = copy or finished[0]
    try:
        return folder.manifest(name)
    except ManifestDamaged:
        raise damaged_files([folder.file_name(name, "manifest.json")]) from None


def _chosen_copy(settings: Settings, chosen: str) -> str:
    """Return the copy to restore: that of a restore that was interrupted, before the newest.

    Raises RestoreHomeNotEmpty where the records of another one are there already.
    """
    begun = restore_marker.unfinished_copy(settings)
    is_other = bool(chosen and begun and chosen != begun)
    if is_other and _is_published(settings, restore_marker.unfinished_id(settings)):
        raise RestoreHomeNotEmpty(path=str(settings.home), found=[begun])
    return chosen or begun


def _begin(toolbox: Toolbox, manifest: Manifest) -> str:
    """Check that home and database are empty, write the marker, and return its id.

    With a marker, this is another attempt: then what is there is of the one before.
    """
    settings = toolbox.settings
    if not restore_marker.is_unfinished(settings):
        _require_empty(settings)
    elif restore_id := restore_marker.unfinished_id(settings):
        if restore_marker.unfinished_copy(settings) != manifest.name:
            restore_marker.mark_unfinished(settings, restore_id=restore_id, copy=manifest.name)
        return restore_id
    needed = sum(item.size_bytes for item in manifest.objects)
    needed += 2 * sum(file.size_bytes for file in manifest.files.values())
    make_folders(settings)
    free = shutil.disk_usage(settings.vault_dir).free
    if needed > free:
        raise RestoreHomeFull(needed_bytes=needed, free_bytes=free)
    restore_id = new_id()
    restore_marker.mark_unfinished(settings, restore_id=restore_id, copy=manifest.name)
    return restore_id


def _require_empty(settings: Settings) -> None:
    found = sorted(
        path.name
        for path in settings.home.iterdir()
        if path.name not in _MAY_BE_THERE
        and not path.name.startswith(".")
        and not (path.is_dir() and _has_no_file(path))
    )
    if found:
        raise RestoreHomeNotEmpty(path=str(settings.home), found=found[:MOST_FOUND_NAMED])
    file = sqlite_file(settings.database_url)
    if file is None:
        if not database_copies.is_empty(settings.database_url):
            raise RestoreDatabaseNotEmpty
    elif any(path.exists() for path in (file, *log_files(file))):
        raise RestoreHomeNotEmpty(path=str(file.parent), found=[file.name])


def _has_no_file(folder: Path) -> bool:
    return not any(
        name for _top, _folders, files in os.walk(folder) for name in files if name != ".lock"
    )


def _migrate(staged: Path, name: str) -> bool:
    """Upgrade the staged copy of an older program. Raises DatabaseNewer, BackupDamaged.

    A file that is missing or has no tables would be made into an empty archive.
    """
    if not staged.is_file() or migrations.current_revision(file_url(staged)) is None:
        raise damaged_files([name])
    migrated = migrations.upgrade(file_url(staged))
    for earlier in staged.parent.glob(f"{glob.escape(staged.name)}.before-*"):
        earlier.unlink()  # the backup itself has the database before the migration
    return migrated


def _publish(settings: Settings, staged: Path, on_progress: BackupProgress) -> None:
    """Put the completed database in its place: all of it or nothing."""
    file = sqlite_file(settings.database_url)
    if file is None:
        try:
            database_copies.load_copy(
                staged, settings.database_url, tick=lambda: on_progress(1.0, "loading_database")
            )
        except (IntegrityError, CopyIncomplete) as error:  # another process filled it meanwhile
            raise RestoreDatabaseNotEmpty from error
        staged.unlink()
        return
    if any(path.exists() for path in log_files(staged)):
        raise RuntimeError("the staged database was not closed")
    descriptor = os.open(staged, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    staged.rename(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_published(settings: Settings, restore_id: str) -> bool:
    """Return whether an earlier attempt put the database in its place."""
    file = sqlite_file(settings.database_url)
    if file is not None and not file.exists():
        return False
    if migrations.current_revision(settings.database_url) != migrations.newest_revision():
        return False
    database = Database(settings.database_url)
    try:
        with database.reading() as db:
            return restored_records.is_of(db, restore_id)
    finally:
        database.dispose()


@contextlib.contextmanager
def _refusing_unreadable(source: Path) -> Iterator[None]:
    """Turn errors of the disk of the backup into refusals; others pass."""
    try:
        yield
    except OSError as error:
        if error.filename and Path(str(error.filename)).is_relative_to(source):
            reason = error.strerror or str(error)
            raise BackupTargetUnusable(path=str(source), reason=reason) from error
        raise
