"""The files of a copy, on their way into a home: each is checked after it was written.

A file of the backup that is missing, unreadable or has other bytes is damaged. Errors of the
disk of the home pass.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from archive import database_copies
from archive.access import Refused
from archive.actions.office.backup_folder import BackupFolder, BackupTargetUnusable
from archive.actions.office.backup_manifest import (
    DATABASE_NAME,
    KEY_NAME,
    Manifest,
    ManifestDamaged,
)
from archive.actions.office.backup_snapshot import BackupProgress
from archive.database_copies import CopyDamaged
from archive.db import make_private
from archive.settings import Settings
from archive.storage_faults import sqlite_file
from archive.toolbox import Toolbox
from media.disk import BUFFER_BYTES
from media.file_copies import SourceDamaged
from media.vault import HashMismatch

MOST_DAMAGED_NAMED = 20


class BackupDamaged(Refused):
    """Files of the backup are missing, unreadable or have other bytes: `files`, `count`."""

    code = "backup_damaged"


def damaged_files(files: list[str]) -> BackupDamaged:
    """Return the refusal that names the first of these files."""
    return BackupDamaged(files=files[:MOST_DAMAGED_NAMED], count=len(files))


def stage_database(settings: Settings, folder: BackupFolder, manifest: Manifest) -> Path:
    """Copy the database beside its final place and check it. Raises BackupDamaged."""
    staged = staged_file(settings)
    for path in (staged, *log_files(staged)):
        path.unlink(missing_ok=True)
    make_private(staged)
    name = folder.file_name(manifest.name, DATABASE_NAME)
    try:
        with folder.files.opened_source(name) as source, staged.open("wb") as target:
            while block := source.read(BUFFER_BYTES):
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
    except SourceDamaged:
        require_connected(folder, manifest)
        raise damaged_files([name]) from None
    with staged.open("rb") as written:  # what is restored, and not another reading of the source
        found = hashlib.file_digest(written, "sha256").hexdigest()
    if found != manifest.files[DATABASE_NAME].sha256:
        raise damaged_files([name])
    try:
        database_copies.check_copy(staged)
    except CopyDamaged:
        raise damaged_files([name]) from None
    return staged


def copy_originals(
    toolbox: Toolbox, folder: BackupFolder, manifest: Manifest, on_progress: BackupProgress
) -> list[str]:
    """Copy the originals into the vault, each read back; return the digests of damaged ones."""
    vault = toolbox.vault
    total = sum(item.size_bytes for item in manifest.objects) or 1
    done, found = 0, []
    names = {item.sha256 for item in manifest.objects}
    for key in list(vault.keys()):
        if key not in names:
            vault.discard(key)  # of another copy, from an attempt before this one
    for item in manifest.objects:
        on_progress(done / total, "restoring_originals")
        if not vault.has(item.sha256) or vault.check(item.sha256).state != "ok":
            try:
                with folder.files.opened_source(item.name) as source:
                    vault.receive(source, sha256=item.sha256)
            except (HashMismatch, SourceDamaged):
                require_connected(folder, manifest)
                found.append(item.sha256)
        done += item.size_bytes
    return found


def require_connected(folder: BackupFolder, manifest: Manifest) -> None:
    """Raise BackupTargetUnusable if the whole disk is gone, and not only a file damaged."""
    try:
        folder.manifest(manifest.name)
    except (OSError, ManifestDamaged) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BackupTargetUnusable(path=str(folder.path), reason=reason) from error


def read_key(settings: Settings, folder: BackupFolder, manifest: Manifest) -> bytes | None:
    """Return the key that signs forms, if the copy has it and the settings none.

    Raises BackupDamaged.
    """
    if KEY_NAME not in manifest.files or settings.secret_key:
        return None
    name = folder.file_name(manifest.name, KEY_NAME)
    with contextlib.suppress(SourceDamaged), folder.files.opened_source(name) as source:
        content = b"".join(iter(lambda: source.read(BUFFER_BYTES), b""))
        if hashlib.sha256(content).hexdigest() == manifest.files[KEY_NAME].sha256:
            return content
    require_connected(folder, manifest)
    raise damaged_files([name])


def write_key(settings: Settings, key: bytes) -> None:
    """Put the key in its place in one step."""
    aside = settings.home / f".{KEY_NAME}.restored"
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    aside.write_bytes(key)
    aside.replace(settings.home / KEY_NAME)


def staged_file(settings: Settings) -> Path:
    """Return where the database is completed before it is put in its place."""
    file = sqlite_file(settings.database_url) or settings.home / DATABASE_NAME
    return file.with_name(f"{file.name}.restoring")


def log_files(file: Path) -> list[Path]:
    """Return the files that SQLite may keep beside a database."""
    return [file.with_name(f"{file.name}-{ending}") for ending in ("wal", "shm", "journal")]
