"""The folder of a backup: its marker, its finished copies, their manifests, and what is shared.

    README.txt  loi-ke-backup.json          what this is, and of which archive
    objects/sha256/ab/cd/HASH               the originals, each once for all copies
    copies/0007_2026-11-30T201500Z/         the seventh copy:
        archive.db                          the database, one SQLite file
        settings.env                        the settings of the machine
        secret_key                          only on request
        manifest.json                       SHA-256 of every file, written last

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
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.access import Refused
from archive.actions.office.backup_readme import README
from media.file_copies import CopiedFile, CopyDiffers, CopyFolder, OnBytes

BACKUP_FORMAT = 1
KEPT_COPIES = 14
DATABASE_NAME, SETTINGS_NAME, KEY_NAME = "archive.db", "settings.env", "secret_key"
_MARKER, _MANIFEST, _COPIES = "loi-ke-backup.json", "manifest.json", "copies"
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


class BackupFormatNewer(Refused):
    """The backup was made by a newer program: `path`."""

    code = "backup_format_newer"


@dataclass(frozen=True, kw_only=True)
class BackupObject:
    """An original in a backup; `checked_at` is when its copy was last read, ISO 8601."""

    sha256: str
    size_bytes: int
    checked_at: str

    @property
    def name(self) -> str:
        """Return the path in the folder of the backup, the same as in a vault."""
        return f"objects/sha256/{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A finished copy: the files of the database, the originals, and those that are missing.

    `files` has size and SHA-256 by name. `missing` are originals that the archive itself had
    lost or could not read when the copy was made.
    """

    name: str
    made_at: str
    archive: str
    revision: str
    files: dict[str, dict[str, Any]]
    objects: list[BackupObject]
    missing: list[str] = field(default_factory=list)
    format: int = BACKUP_FORMAT


class BackupFolder:
    """A folder with the backup of one archive."""

    def __init__(self, path: Path, *, files: CopyFolder | None = None) -> None:
        self.path = path
        self.files = files or CopyFolder(path)

    @property
    def is_begun(self) -> bool:
        """Return whether a backup was begun here."""
        return (self.path / _MARKER).is_file()

    def prepare(self, archive: str, *, may_begin: bool) -> None:
        """Begin a backup here if there is none, and remove what a killed one left.

        Raises BackupTargetMissing unless `may_begin`, BackupTargetNotEmpty and
        BackupOfAnotherArchive. `archive` is the id of its first event.
        """
        if not self.is_begun:
            if not may_begin:
                raise BackupTargetMissing(path=str(self.path))
            self.path.mkdir(mode=0o700, exist_ok=True)
            names = {entry.name for entry in self.path.iterdir()} - _SYSTEM_FOLDERS
            # A backup that was killed before its marker left its own folder only.
            if any(not name.startswith(".") and name != "incoming" for name in names):
                raise BackupTargetNotEmpty(path=str(self.path))
            self.write_bytes("README.txt", README.encode("utf-8"))
            self._write_marker(archive)
        elif (known := self._marker().get("archive")) != archive:
            if known != "" or self._marker().get("format") != BACKUP_FORMAT:
                raise BackupOfAnotherArchive(path=str(self.path))
            self._write_marker(archive)  # begun before the archive had its first event
        self.files.clear_incoming()
        finished = set(self.copies())
        for folder in self._copy_folders():
            if folder.name not in finished:
                shutil.rmtree(folder)

    def copies(self) -> list[str]:
        """Return the names of the finished copies, the newest first."""
        found = [f.name for f in self._copy_folders() if (f / _MANIFEST).is_file()]
        return sorted(found, key=_number, reverse=True)

    def manifest(self, name: str) -> Manifest:
        """Read the manifest of a finished copy. Raises BackupFormatNewer, ValueError, OSError."""
        with self.files.opened(f"{_COPIES}/{name}/{_MANIFEST}") as source:
            content = b"".join(iter(lambda: source.read(1024 * 1024), b""))
        stored = json.loads(content)
        if not isinstance(stored, dict):
            raise ValueError("a manifest is one JSON object")
        if stored.get("format", 0) > BACKUP_FORMAT:
            raise BackupFormatNewer(path=str(self.path))
        try:
            objects = [BackupObject(**item) for item in stored.pop("objects")]
            return Manifest(**stored, objects=objects)
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from error

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

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest: from now on the copy counts."""
        content = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
        self.write_bytes(self.file_name(manifest.name, _MANIFEST), content.encode("utf-8"))

    def remove_old_copies(self) -> int:
        """Remove all but the newest finished copies; originals stay. Return their number."""
        old = self.copies()[KEPT_COPIES:]
        for name in old:
            folder = self.path / _COPIES / name
            (folder / _MANIFEST).unlink()  # first, so that half a copy never counts
            shutil.rmtree(folder)
        return len(old)

    def discard(self, copy: str) -> None:
        """Remove an unfinished copy and what interrupted writes left."""
        self.files.clear_incoming()
        shutil.rmtree(self.path / _COPIES / copy, ignore_errors=True)

    def write_bytes(self, name: str, content: bytes) -> CopiedFile:
        """Store a short file."""
        return self.files.write(io.BytesIO(content), name, on_bytes=_ignore)

    def write_file(self, source: Path, name: str, *, on_bytes: OnBytes) -> CopiedFile:
        """Store a file of this machine."""
        with source.open("rb") as stream:
            return self.files.write(stream, name, on_bytes=on_bytes)

    def free_bytes(self) -> int:
        """Return the free space on the disk of the backup."""
        return shutil.disk_usage(self.path).free

    def _write_marker(self, archive: str) -> None:
        marker = {"format": BACKUP_FORMAT, "archive": archive}
        self.write_bytes(_MARKER, json.dumps(marker).encode())

    def _marker(self) -> dict[str, Any]:
        try:
            marker = json.loads((self.path / _MARKER).read_bytes())
        except ValueError:
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
