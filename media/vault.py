"""The vault: originals stored by SHA-256, written once and never opened for writing.

Order of writes: temporary file, fsync, rename, fsync of the folder. Database rows are
committed after that, so a row never references a missing file.
Layout: root/objects/sha256/ab/cd/<hash>, flat enough for any file browser.
Objects have mode 0400; with a group, 0440, and folders on the way to them 0710.
Incomplete files are only in root/incoming and in the folder of `parts.py`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import stat
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from media.disk import BUFFER_BYTES, Disk, write_all

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
MIN_LEFTOVER_AGE = timedelta(hours=24)


class ByteStream(Protocol):
    """A source of bytes: a request body, an open file."""

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes; empty at the end."""


class VaultError(Exception):
    """Base of the errors of the vault. `code` is stable; `path` is the file concerned."""

    def __init__(self, code: str, path: Path, *, expected: str = "", found: str = "") -> None:
        super().__init__(f"{code}: {path.name}, expected {expected!r}, found {found!r}")
        self.code, self.path, self.expected, self.found = code, path, expected, found


class NotAHash(VaultError):
    """The key is not 64 lower-case hexadecimal digits; no path is built from it."""


class HashMismatch(VaultError):
    """The stored bytes do not have the expected hash."""


class NotAPlainFile(VaultError):
    """A symbolic link, a device or a folder where a file was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object stored durably. `repaired`: it replaced a damaged object with this hash."""

    sha256: str
    size_bytes: int
    duplicate: bool
    repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FixityCheck:
    """The result of a fixity check. `found` is the current hash, when readable."""

    state: Literal["ok", "mismatch", "missing", "unreadable"]
    found: str | None = None


class Vault:
    """A folder of objects; the first write creates its folders.

    `group` is the id of a group that may read the objects and nothing else.
    """

    def __init__(self, root: Path, *, disk: Disk | None = None, group: int | None = None) -> None:
        self.root = root
        self.temp_dir = root / "incoming"
        self._objects = root / "objects" / "sha256"
        self._damaged = root / "damaged"
        self._disk = disk or Disk()
        self._group = group

    def path(self, sha256: str) -> Path:
        """Return the path of an object, stored or not, for reading only. Raises NotAHash."""
        if not _HASH.fullmatch(sha256):
            raise NotAHash("not_a_hash", self.root, expected="64 hex digits", found=sha256[:80])
        return self._objects / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        """Return whether a plain file exists for this hash; `check` compares its content."""
        try:
            return stat.S_ISREG(os.lstat(self.path(sha256)).st_mode)
        except FileNotFoundError:
            return False

    def size_bytes(self, sha256: str) -> int | None:
        """Return the size of a plain file for this hash, or None if there is none."""
        try:
            status = os.lstat(self.path(sha256))
        except OSError:
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def modified_at(self, sha256: str) -> datetime | None:
        """Return when the bytes of a plain file were last written (UTC), or None without one."""
        try:
            status = os.lstat(self.path(sha256))
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return datetime.fromtimestamp(status.st_mtime, UTC)

    def receive(self, stream: ByteStream, *, sha256: str | None = None) -> StoredObject:
        """Store a stream: hash it on arrival, write it, read it back and compare.

        A byte that the disk changed is thus found before the copy is used. Raises
        HashMismatch.
        """
        self._disk.make_folder(self.root, self._group)
        self._disk.make_folder(self.temp_dir)
        temp = self.temp_dir / f"{uuid.uuid4().hex}.new"
        digest = hashlib.sha256()
        try:
            descriptor = self._disk.open_new(temp)
            try:
                while block := stream.read(BUFFER_BYTES):
                    digest.update(block)
                    write_all(self._disk, descriptor, block)
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)
            if sha256 is not None and sha256 != digest.hexdigest():
                raise HashMismatch("hash_mismatch", temp, expected=sha256, found=digest.hexdigest())
            return self.adopt(temp, sha256=digest.hexdigest())
        except Exception:
            with contextlib.suppress(OSError):
                self._disk.unlink(temp)
            raise

    def adopt(self, temp: Path, *, sha256: str | None = None) -> StoredObject:
        """Move a complete file into the vault.

        The file is synced and read once; when a given hash differs, HashMismatch is raised
        and `temp` stays. No process may have it open for writing. From another file system
        it is copied first. Of concurrent callers with the same bytes exactly one gets
        `duplicate=False`. May be called again after a crash: when `temp` is gone and an
        intact object with the given hash exists, that object is returned.
        """
        try:
            status = os.lstat(temp)
        except FileNotFoundError:
            if sha256 is None or self.check(sha256).state != "ok":
                raise
            self._disk.sync_folder(self.path(sha256).parent)
            size_bytes = os.lstat(self.path(sha256)).st_size
            return StoredObject(sha256=sha256, size_bytes=size_bytes, duplicate=True)
        if not stat.S_ISREG(status.st_mode):
            raise NotAPlainFile("not_a_plain_file", temp)
        self._disk.make_folder(self.root, self._group)
        if status.st_dev != os.stat(self.root).st_dev:
            return self._adopt_by_copy(temp, sha256)
        found = self._sync_and_hash(temp)
        if sha256 is not None and found != sha256:
            raise HashMismatch("hash_mismatch", temp, expected=sha256, found=found)
        return self._publish(temp, found, os.lstat(temp).st_size)

    def check(self, sha256: str) -> FixityCheck:
        """Read the object and compare its hash. Raises only NotAHash."""
        try:
            found = self._digest(self.path(sha256))
        except FileNotFoundError:
            return FixityCheck(state="missing")
        except (OSError, NotAPlainFile):
            return FixityCheck(state="unreadable")
        return FixityCheck(state="ok" if found == sha256 else "mismatch", found=found)

    def discard(self, sha256: str) -> None:
        """Delete an object that no database row references; the caller checks and locks them.

        Used only for files that the program itself added; a missing object is no error.
        """
        if self.has(sha256):
            with self._locked():
                self._disk.unlink(self.path(sha256))
                self._disk.sync_folder(self.path(sha256).parent)

    def keys(self) -> Iterator[str]:
        """Yield the hash of every object, in order; other files are skipped."""
        for first in _folders(self._objects):
            for second in _folders(first):
                for name in sorted(os.listdir(second)):
                    is_object = _HASH.fullmatch(name) and self.path(name).parent == second
                    if is_object and self.has(name):
                        yield name

    def orphans(
        self, is_known: Callable[[str], bool], *, older_than: timedelta = MIN_LEFTOVER_AGE
    ) -> Iterator[str]:
        """Yield objects without a database row; the row of a new one may not be committed yet."""
        latest = time.time() - older_than.total_seconds()
        for key in self.keys():
            if os.lstat(self.path(key)).st_ctime <= latest and not is_known(key):
                yield key

    def leftovers(self, *, older_than: timedelta = MIN_LEFTOVER_AGE) -> Iterator[Path]:
        """Yield old temporary files of interrupted writes."""
        latest = time.time() - older_than.total_seconds()
        if self.temp_dir.is_dir():
            for path in sorted(self.temp_dir.iterdir()):
                try:
                    is_old = os.lstat(path).st_mtime <= latest
                except FileNotFoundError:
                    continue  # it has just become an object
                if is_old:
                    yield path

    def sweep(self) -> int:
        """Delete old temporary files of interrupted writes; return their number."""
        deleted = 0
        for path in self.leftovers():
            with contextlib.suppress(IsADirectoryError):  # not made here
                self._disk.unlink(path)
                deleted += 1
        return deleted

    def _sync_and_hash(self, temp: Path) -> str:
        """Flush the file to the disk, read it back and return its hash."""
        descriptor = self._disk.open_to_read(temp)
        try:
            self._disk.sync(descriptor)
        finally:
            os.close(descriptor)
        return self._digest(temp)

    def _digest(self, path: Path) -> str:
        descriptor = self._disk.open_to_read(path)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotAPlainFile("not_a_plain_file", path)
            digest = hashlib.sha256()
            while block := self._disk.read(descriptor, BUFFER_BYTES):
                digest.update(block)
            return digest.hexdigest()
        finally:
            os.close(descriptor)

    def _publish(self, temp: Path, sha256: str, size_bytes: int) -> StoredObject:
        target = self.path(sha256)
        self._disk.make_folder(target.parent, self._group)
        self._check_inside_root(target.parent)
        while True:
            with self._locked():
                if not os.path.lexists(target):
                    self._disk.make_read_only(temp, self._group)
                    self._disk.rename(temp, target)
                    self._disk.sync_folder(target.parent)
                    return StoredObject(sha256=sha256, size_bytes=size_bytes, duplicate=False)
            # Check the stored object before deleting the new file: it may be damaged.
            if self.check(sha256).state == "ok":
                self._disk.unlink(temp)
                return StoredObject(sha256=sha256, size_bytes=size_bytes, duplicate=True)
            if self._replace(temp, target):
                return StoredObject(
                    sha256=sha256, size_bytes=size_bytes, duplicate=True, repaired=True
                )

    def _replace(self, temp: Path, target: Path) -> bool:
        """Replace a damaged object by a verified file; the damaged one is moved aside."""
        self._disk.make_folder(self._damaged)
        with self._locked():
            if self.check(target.name).state in ("ok", "missing"):
                return False
            self._disk.rename(target, self._damaged / f"{target.name}.{uuid.uuid4().hex[:8]}")
            self._disk.make_read_only(temp, self._group)
            self._disk.rename(temp, target)
            self._disk.sync_folder(target.parent)
            self._disk.sync_folder(self._damaged)
            return True

    def _adopt_by_copy(self, temp: Path, sha256: str | None) -> StoredObject:
        descriptor = self._disk.open_to_read(temp)
        with os.fdopen(descriptor, "rb") as stream:
            stored = self.receive(stream, sha256=sha256)
        self._disk.unlink(temp)
        return stored

    def _check_inside_root(self, folder: Path) -> None:
        """Raise NotAPlainFile when a symbolic link leads out of the vault."""
        if folder.resolve() != self.root.resolve() / folder.relative_to(self.root):
            raise NotAPlainFile("leads_outside", folder)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the vault against other threads and processes; released when the process ends."""
        descriptor = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(
            Path(entry) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)
        )
    except OSError as error:
        if error.errno == errno.ENOENT:
            return []
        raise
