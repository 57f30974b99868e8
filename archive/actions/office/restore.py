"""Restore a backup into an empty home and an empty database.

Until the end the home has a marker, `restore-unfinished.json`, beside which no other command
begins. A restore that was killed is run again and goes on: originals that are there and whole
are not copied again. All changes are made in a copy of the database beside its final place; the
last step is a rename (SQLite) or one transaction (PostgreSQL). The marker has the id of the
restore, which is also stored in the database: so it is known whether the last step was done.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from archive import access, database_copies, file_modes, migrations
from archive.access import Refused, Rights
from archive.actions.office import restored_records
from archive.actions.office.backup import BackupProgress
from archive.actions.office.backup_folder import (
    DATABASE_NAME,
    KEY_NAME,
    BackupFolder,
    BackupTargetUnusable,
    Manifest,
    read_bytes,
)
from archive.actions.office.restore_marker import MARKER_NAME
from archive.actions.office.restored_records import RestoredFrom
from archive.database_copies import CopyDamaged, file_url
from archive.db import Database, make_private
from archive.models.base import new_id
from archive.settings import Settings, make_folders
from archive.storage_faults import sqlite_file
from archive.toolbox import Toolbox
from media.disk import BUFFER_BYTES
from media.vault import HashMismatch

MOST_DAMAGED_NAMED = 20
_MAY_BE_THERE = {"secret_key", "models", "lost+found", MARKER_NAME}


class NoBackup(Refused):
    """The folder holds no finished copy, or none of this name: `path`."""

    code = "no_backup"


class BackupDamaged(Refused):
    """Files of the backup are missing or have other bytes: `files`, `count`."""

    code = "backup_damaged"


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
    """`copy`: the name of a copy, the newest if empty. `accept_damaged`: leave out originals."""

    copy: str = ""
    accept_damaged: bool = False


@dataclass(kw_only=True)
class RestoreResult:
    """What was restored. `missing` are originals without bytes; `broken_event` breaks the chain."""

    copy: str = ""
    made_at: str = ""
    originals: int = 0
    original_bytes: int = 0
    migrated: bool = False
    with_key: bool = False
    broken_event: int | None = None
    missing: list[str] = field(default_factory=list)

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
    with _refusing_unreadable(source):
        manifest = _find(folder, options.copy)
        restore_id = _begin(toolbox, manifest)
        result = RestoreResult(
            copy=manifest.name,
            made_at=manifest.made_at,
            originals=len(manifest.objects),
            original_bytes=sum(item.size_bytes for item in manifest.objects),
            missing=list(manifest.missing),
        )
        if not _is_published(settings, restore_id):
            staged = _stage_database(settings, folder, manifest)
            result.migrated = _migrate(staged)
            damaged = _copy_originals(toolbox, folder, manifest, on_progress)
            if damaged and not options.accept_damaged:
                raise BackupDamaged(files=damaged[:MOST_DAMAGED_NAMED], count=len(damaged))
            result.missing += damaged
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
        result.with_key = _restore_key(settings, folder, manifest)
    make_folders(settings)
    file_modes.fix_permissions(settings)
    (settings.home / MARKER_NAME).unlink()
    return result


def _find(folder: BackupFolder, copy: str) -> Manifest:
    """Return the manifest of a copy, or of the newest. Raises NoBackup, BackupDamaged."""
    finished = folder.copies() if folder.is_begun else []
    if not finished or (copy and copy not in finished):
        raise NoBackup(path=str(folder.path))
    name = copy or finished[0]
    try:
        return folder.manifest(name)
    except ValueError:
        raise BackupDamaged(files=[folder.file_name(name, "manifest.json")], count=1) from None


def _begin(toolbox: Toolbox, manifest: Manifest) -> str:
    """Check that home and database are empty, write the marker, and return its id.

    With a marker, this is another attempt: then what is there is of the one before.
    """
    settings = toolbox.settings
    marker = settings.home / MARKER_NAME
    if marker.exists():
        with contextlib.suppress(ValueError, KeyError):  # killed while it was written
            return str(json.loads(marker.read_bytes())["id"])
    else:
        _require_empty(settings)
    needed = sum(item.size_bytes for item in manifest.objects)
    needed += 2 * sum(int(file["size_bytes"]) for file in manifest.files.values())
    make_folders(settings)
    free = shutil.disk_usage(settings.vault_dir).free
    if needed > free:
        raise RestoreHomeFull(needed_bytes=needed, free_bytes=free)
    restore_id = new_id()
    make_private(marker)
    marker.write_text(json.dumps({"id": restore_id, "copy": manifest.name}), encoding="ascii")
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
        raise RestoreHomeNotEmpty(path=str(settings.home), found=found[:MOST_DAMAGED_NAMED])
    file = sqlite_file(settings.database_url)
    if file is None:
        if not database_copies.is_empty(settings.database_url):
            raise RestoreDatabaseNotEmpty
    elif any(path.exists() for path in (file, *_logs(file))):
        raise RestoreHomeNotEmpty(path=str(file.parent), found=[file.name])


def _has_no_file(folder: Path) -> bool:
    return not any(
        name for _top, _folders, files in os.walk(folder) for name in files if name != ".lock"
    )


def _stage_database(settings: Settings, folder: BackupFolder, manifest: Manifest) -> Path:
    """Copy the database beside its final place and check it. Raises BackupDamaged."""
    staged = _staged_file(settings)
    for path in (staged, *_logs(staged)):
        path.unlink(missing_ok=True)
    make_private(staged)
    name = folder.file_name(manifest.name, DATABASE_NAME)
    expected = manifest.files[DATABASE_NAME]["sha256"]
    with folder.files.opened(name) as source, staged.open("wb") as target:
        while block := source.read(BUFFER_BYTES):
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    with staged.open("rb") as written:  # what is restored, and not another reading of the source
        if hashlib.file_digest(written, "sha256").hexdigest() != expected:
            raise BackupDamaged(files=[name], count=1)
    try:
        database_copies.check_copy(staged)
    except CopyDamaged:
        raise BackupDamaged(files=[name], count=1) from None
    return staged


def _migrate(staged: Path) -> bool:
    """Upgrade the staged copy of an older program. Raises DatabaseNewer."""
    migrated = migrations.upgrade(file_url(staged))
    for earlier in staged.parent.glob(f"{staged.name}.before-*"):
        earlier.unlink()  # the backup itself has the database before the migration
    return migrated


def _copy_originals(
    toolbox: Toolbox, folder: BackupFolder, manifest: Manifest, on_progress: BackupProgress
) -> list[str]:
    """Copy the originals into the vault, each read back; return the digests of damaged ones."""
    vault = toolbox.vault
    total = sum(item.size_bytes for item in manifest.objects) or 1
    done, damaged = 0, []
    names = {item.sha256 for item in manifest.objects}
    for key in list(vault.keys()):
        if key not in names:
            vault.discard(key)  # of another copy, from an attempt before this one
    for item in manifest.objects:
        on_progress(done / total, "restoring_originals")
        if not vault.has(item.sha256) or vault.check(item.sha256).state != "ok":
            try:
                with folder.files.opened(item.name) as source:
                    vault.receive(source, sha256=item.sha256)
            except (HashMismatch, FileNotFoundError):
                damaged.append(item.sha256)
        done += item.size_bytes
    return damaged


def _publish(settings: Settings, staged: Path, on_progress: BackupProgress) -> None:
    """Put the completed database in its place: all of it or nothing."""
    file = sqlite_file(settings.database_url)
    if file is None:
        database_copies.load_copy(
            staged, settings.database_url, tick=lambda: on_progress(1.0, "loading_database")
        )
        staged.unlink()
        return
    if any(path.exists() for path in _logs(staged)):
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


def _restore_key(settings: Settings, folder: BackupFolder, manifest: Manifest) -> bool:
    """Put the key back that signs forms, if the copy has it."""
    if KEY_NAME not in manifest.files or settings.secret_key:
        return False
    aside = settings.home / f".{KEY_NAME}.restored"
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    aside.write_bytes(read_bytes(folder, folder.file_name(manifest.name, KEY_NAME)))
    aside.replace(settings.home / KEY_NAME)
    return True


def _staged_file(settings: Settings) -> Path:
    file = sqlite_file(settings.database_url) or settings.home / DATABASE_NAME
    return file.with_name(f"{file.name}.restoring")


def _logs(file: Path) -> list[Path]:
    return [file.with_name(f"{file.name}-{ending}") for ending in ("wal", "shm", "journal")]


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
