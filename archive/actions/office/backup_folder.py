"""The folder of a backup: its marker, its finished copies, their manifests, and what is shared.

    README.txt  loi-ke-backup.json          what this is, and of which archive
    objects/sha256/ab/cd/HASH               the originals, each once for all copies
    copies/0007_2026-11-30T201500Z/         the seventh copy:
        unfinished                          only until the manifest is written
        archive.db                          the database, one SQLite file
        settings.env                        the settings of the machine
        secret_key                          only on request
        manifest.json                       SHA-256 of every file, written last
    backup-running.json                     only while a backup is made: by which process

A copy without a manifest is not finished and does not count. Names and sizes fit on FAT.
"""

from __future__ import annotations

import errno
import io
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.access import Refused
from archive.actions.office.backup_locks import LOCK_NAME, BackupTargetChanged, TargetLock
from archive.actions.office.backup_manifest import (
    BACKUP_FORMAT,
    KEY_NAME,
    Manifest,
    ManifestDamaged,
    parse_manifest,
)
from archive.actions.office.backup_readme import README
from media.file_copies import CopiedFile, CopyDiffers, CopyFolder, OnBytes

KEPT_COPIES = 14
MOST_CHANGED_NAMED = 20
_MARKER, _MANIFEST, _COPIES = "loi-ke-backup.json", "manifest.json", "copies"
_UNFINISHED = "unfinished"
_SYSTEM_FOLDERS = {"lost+found", "System Volume Information", "$RECYCLE.BIN"}
_COPY_NAME = re.compile(r"\d{4,}_\d{4}-\d\d-\d\dT\d{6}Z")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class BackupTargetUnusable(Refused):
    """The folder cannot be made, read or written: `path`, `reason`."""

    code = "backup_target_unusable"


class BackupTargetMissing(Refused):
    """No backup was begun in this folder: `path`; the disk may not be connected."""

    code = "backup_target_missing"


class BackupTargetNotEmpty(Refused):
    """The folder holds other files: `path`."""

    code = "backup_target_not_empty"


class BackupOfAnotherArchive(Refused):
    """The folder holds the backup of another archive: `path`."""

    code = "backup_of_another_archive"


class BackupTargetFull(Refused):
    """The disk of the backup is full: `needed_bytes`, `free_bytes`."""

    code = "backup_target_full"


class BackupTargetFaulty(Refused):
    """The disk of the backup returns other bytes than were written: `file`."""

    code = "backup_target_faulty"


class BackupFolder:
    """A folder with the backup of one archive."""

    def __init__(self, path: Path, *, files: CopyFolder | None = None) -> None:
        self.path = path
        self.files = files or CopyFolder(path)

    @property
    def is_begun(self) -> bool:
        """Return whether a backup was begun here."""
        return (self.path / _MARKER).is_file()

    @contextmanager
    def prepared(self, archive: str, *, may_begin: bool) -> Iterator[TargetLock]:
        """Lock the folder, begin a backup if there is none, remove what a killed one left.

        Raises BackupTargetBusy, BackupTargetMissing unless `may_begin`, BackupTargetNotEmpty and
        BackupOfAnotherArchive. `archive` is the id of its first event.
        """
        self._require_usable(archive, may_begin=may_begin)
        self.path.mkdir(mode=0o700, exist_ok=True)
        lock = TargetLock(self.path)
        try:
            self._require_usable(archive, may_begin=may_begin)  # before the lock it could change
            self.files.clear_incoming()
            if not self.is_begun:
                self.write_bytes("README.txt", README.encode("utf-8"))
            if self._marker().get("archive") != archive:
                self._write_marker(archive)
            self._remove_unfinished()
            yield lock
        finally:
            lock.release()

    def require_free(self, archive: str, *, may_begin: bool) -> None:
        """Raise what `prepared` would raise, and leave the folder as it is."""
        self._require_usable(archive, may_begin=may_begin)
        if self.path.is_dir():
            TargetLock(self.path).release()

    def _require_usable(self, archive: str, *, may_begin: bool) -> None:
        if not self.is_begun:
            if not may_begin:
                raise BackupTargetMissing(path=str(self.path))
            # A backup that was killed before its marker left its own files only.
            if self.path.exists() and any(not self._is_own(path) for path in self.path.iterdir()):
                raise BackupTargetNotEmpty(path=str(self.path))
            return
        marker = self._marker()
        # Without an archive: it was begun before the archive had its first event.
        if marker.get("format") != BACKUP_FORMAT or marker.get("archive") not in ("", archive):
            raise BackupOfAnotherArchive(path=str(self.path))

    def _is_own(self, path: Path) -> bool:
        """Return whether a new folder may have this entry: of the system, or of this program."""
        name = path.name
        if name == "README.txt":
            return path.read_bytes() == README.encode("utf-8")
        if name == "incoming":
            return path.is_dir() and self.files.has_only_own_incoming()
        return name.startswith(".") or name == LOCK_NAME or name in _SYSTEM_FOLDERS

    def _remove_unfinished(self) -> None:
        """Remove copies that were begun by this program and not finished, and no other folder."""
        for folder in self._copy_folders():
            if (folder / _MANIFEST).is_file():
                (folder / _UNFINISHED).unlink(missing_ok=True)
            elif (folder / _UNFINISHED).is_file():
                shutil.rmtree(folder)
            elif not any(folder.iterdir()):
                folder.rmdir()

    def copies(self) -> list[str]:
        """Return the names of the finished copies, the newest first."""
        found = [f.name for f in self._copy_folders() if (f / _MANIFEST).is_file()]
        return sorted(found, key=_number, reverse=True)

    def manifest(self, name: str) -> Manifest:
        """Read the manifest of a copy. Raises BackupFormatNewer, ManifestDamaged, OSError."""
        content = read_bytes(self, self.file_name(name, _MANIFEST))
        return parse_manifest(content, name=name, path=str(self.path))

    def new_name(self) -> str:
        """Return the name of the next copy: its number, and the time in UTC without a colon.

        The number gives the order, also after the clock of the machine was set back.
        """
        numbers = [_number(folder.name) for folder in self._copy_folders()]
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        return f"{max(numbers, default=0) + 1:04d}_{now}"

    def file_name(self, copy: str, file: str) -> str:
        """Return the path of a file of a copy, for `files`."""
        return f"{_COPIES}/{copy}/{file}"

    def begin_copy(self, name: str) -> None:
        """Mark the folder of a copy as unfinished, so that the next backup may remove it."""
        self.write_bytes(self.file_name(name, _UNFINISHED), b"")

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest: from now on the copy counts.

        Raises BackupTargetChanged if a file of the copy is gone or has another length.
        """
        self._require_whole(manifest)
        content = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
        self.write_bytes(self.file_name(manifest.name, _MANIFEST), content.encode("utf-8"))
        self.files.remove(self.file_name(manifest.name, _UNFINISHED))

    def _require_whole(self, manifest: Manifest) -> None:
        names = {self.file_name(manifest.name, file): f for file, f in manifest.files.items()}
        changed = [name for name, f in names.items() if self._digest(name) != f.sha256]
        changed += [o.name for o in manifest.objects if self.files.size(o.name) != o.size_bytes]
        if changed:
            raise BackupTargetChanged(files=changed[:MOST_CHANGED_NAMED])

    def _digest(self, name: str) -> str:
        return self.files.digest(name, on_bytes=_ignore)

    def remove_old_copies(self) -> int:
        """Remove all but the newest finished copies; originals stay. Return their number.

        The newest copy with the key stays too. A copy whose manifest is damaged neither counts
        nor is removed: its database may be what a person needs.
        """
        whole = [manifest for name in self.copies() if (manifest := self._manifest_or_none(name))]
        old = whole[KEPT_COPIES:]
        if not any(KEY_NAME in manifest.files for manifest in whole[:KEPT_COPIES]):
            newest = next((manifest for manifest in old if KEY_NAME in manifest.files), None)
            old = [manifest for manifest in old if manifest is not newest]
        for manifest in old:
            folder = self.path / _COPIES / manifest.name
            (folder / _UNFINISHED).touch(mode=0o600)  # killed now, the next backup removes it
            (folder / _MANIFEST).unlink()  # before the rest, so that half a copy never counts
            shutil.rmtree(folder)
        return len(old)

    def _manifest_or_none(self, name: str) -> Manifest | None:
        try:
            return self.manifest(name)
        except (ManifestDamaged, OSError):
            return None

    def discard(self, copy: str) -> None:
        """Remove an unfinished copy and what interrupted writes left."""
        self.files.clear_incoming()
        if (self.path / _COPIES / copy / _UNFINISHED).is_file():
            shutil.rmtree(self.path / _COPIES / copy, ignore_errors=True)

    def write_bytes(self, name: str, content: bytes) -> CopiedFile:
        """Store a short file."""
        return self.files.write(io.BytesIO(content), name, on_bytes=_ignore)

    def write_file(self, source: Path, name: str, *, on_bytes: OnBytes) -> CopiedFile:
        """Store a file of this machine."""
        with source.open("rb") as stream:
            return self.files.write(stream, name, on_bytes=on_bytes)

    def free_bytes(self) -> int | None:
        """Return the free space on the disk of the backup; None where the disk does not report it.

        Some drivers of FAT and some network shares report a size of 0.
        """
        usage = shutil.disk_usage(self.path)
        return usage.free if usage.total else None

    def _write_marker(self, archive: str) -> None:
        marker = {"format": BACKUP_FORMAT, "archive": archive}
        self.write_bytes(_MARKER, json.dumps(marker).encode())

    def _marker(self) -> dict[str, Any]:
        try:
            marker = json.loads((self.path / _MARKER).read_bytes())
        except (ValueError, RecursionError, FileNotFoundError):
            return {}
        return marker if isinstance(marker, dict) else {}

    def _copy_folders(self) -> list[Path]:
        """Return the folders that this program made: another one is never counted or deleted."""
        top = self.path / _COPIES
        if not top.is_dir():
            return []
        return sorted(
            path
            for path in top.iterdir()
            if _COPY_NAME.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        )


@contextmanager
def refusing_disk_errors(target: Path) -> Iterator[None]:
    """Turn errors of the disk of the backup into refusals."""
    try:
        yield
    except CopyDiffers as error:
        raise BackupTargetFaulty(file=error.name) from error
    except OSError as error:
        if error.errno in _FULL:
            free = shutil.disk_usage(target).free if target.is_dir() else 0
            raise BackupTargetFull(needed_bytes=0, free_bytes=free) from error
        reason = error.strerror or str(error)
        raise BackupTargetUnusable(path=str(target), reason=reason) from error


def read_bytes(folder: BackupFolder, name: str) -> bytes:
    """Return the content of a short file of a backup."""
    with folder.files.opened(name) as source:
        return b"".join(iter(lambda: source.read(1024 * 1024), b""))


def _number(copy: str) -> int:
    first = copy.partition("_")[0]
    return int(first) if first.isdecimal() else 0


def _ignore(_count: int) -> None:
    """Take no notice of progress."""
