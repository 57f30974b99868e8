"""The vault: originals under their SHA-256, written once and never opened for writing.

Order of writes: temporary file, fsync, rename, fsync of the folder. Whoever keeps a row
about an object commits it after that, so a row never points at a missing file.
Layout: root/objects/sha256/ab/cd/<hash>, mode 0444, flat enough for any file browser.
What is not whole is only ever in root/incoming or in the folder of parts.
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
from datetime import timedelta
from pathlib import Path
from typing import Literal, Protocol

from media.disk import BUFFER_BYTES, Disk, write_all

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
SETTLED = timedelta(hours=24)


class ByteStream(Protocol):
    """Anything that gives bytes: a request body, an open file."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""


class VaultError(Exception):
    """The vault would not do this. `code` is stable; `path` is where it happened."""

    def __init__(self, code: str, path: Path, *, expected: str = "", found: str = "") -> None:
        super().__init__(f"{code}: {path.name}, expected {expected!r}, found {found!r}")
        self.code, self.path, self.expected, self.found = code, path, expected, found


class NotAHash(VaultError):
    """A key that is not 64 lower-case hexadecimal digits: no path is built from it."""


class HashMismatch(VaultError):
    """What lies on the disk is not what was said to have been sent."""


class NotAPlainFile(VaultError):
    """A symbolic link, a device or a folder where a file was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An object that is safe now. `repaired`: a damaged object with this hash was replaced."""

    sha256: str
    size_bytes: int
    duplicate: bool
    repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The result of reading an object again. `found` is its present hash, when readable."""

    state: Literal["ok", "mismatch", "missing", "unreadable"]
    found: str | None = None


class Vault:
    """A folder of objects. Making this object touches no disk; the first write makes folders."""

    def __init__(self, root: Path, *, disk: Disk | None = None) -> None:
        self.root = root
        self.temp_dir = root / "incoming"
        self._objects = root / "objects" / "sha256"
        self._damaged = root / "damaged"
        self._disk = disk or Disk()

    def path(self, sha256: str) -> Path:
        """Where the object lies or would lie, for reading only. Raises NotAHash."""
        if not _HASH.fullmatch(sha256):
            raise NotAHash("not_a_hash", self.root, expected="64 hex digits", found=sha256[:80])
        return self._objects / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        """Whether a plain file is there; `check` says whether it is still right."""
        try:
            return stat.S_ISREG(os.lstat(self.path(sha256)).st_mode)
        except FileNotFoundError:
            return False

    def receive(self, stream: ByteStream, *, sha256: str | None = None) -> Stored:
        """Take in a whole stream: hash while it arrives, read once more, keep.

        The hash of the stream is compared with what the disk gives back, so a wrong byte
        on the way is found before anybody relies on the copy. Raises HashMismatch.
        """
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

    def adopt(self, temp: Path, *, sha256: str | None = None) -> Stored:
        """Make a finished file an object, by moving it; `temp` is gone afterwards.

        The file is synced and read once; a given hash must match, else HashMismatch and
        `temp` stays. Nobody may hold it open for writing. From another file system it is
        copied first. Of many callers with the same bytes exactly one gets
        `duplicate=False`. Safe to call again after a crash: when `temp` is gone and a
        whole object with the given hash is there, that is the answer.
        """
        try:
            status = os.lstat(temp)
        except FileNotFoundError:
            if sha256 is None or self.check(sha256).state != "ok":
                raise
            self._disk.sync_folder(self.path(sha256).parent)
            size_bytes = os.lstat(self.path(sha256)).st_size
            return Stored(sha256=sha256, size_bytes=size_bytes, duplicate=True)
        if not stat.S_ISREG(status.st_mode):
            raise NotAPlainFile("not_a_plain_file", temp)
        self._disk.make_folder(self.root)
        if status.st_dev != os.stat(self.root).st_dev:
            return self._adopt_from_afar(temp, sha256)
        found = self._settle(temp)
        if sha256 is not None and found != sha256:
            raise HashMismatch("hash_mismatch", temp, expected=sha256, found=found)
        return self._publish(temp, found, os.lstat(temp).st_size)

    def check(self, sha256: str) -> Check:
        """Read the object and compare. Never raises for the state of the disk."""
        try:
            found = self._digest(self.path(sha256))
        except FileNotFoundError:
            return Check(state="missing")
        except (OSError, NotAPlainFile):
            return Check(state="unreadable")
        return Check(state="ok" if found == sha256 else "mismatch", found=found)

    def discard(self, sha256: str) -> None:
        """Let go of an object that no row names: the caller has made sure, and holds the rows.

        Only what was brought in by the program itself is ever let go of; a second call is
        no error.
        """
        if self.has(sha256):
            with self._locked():
                self._disk.unlink(self.path(sha256))
                self._disk.sync_folder(self.path(sha256).parent)

    def keys(self) -> Iterator[str]:
        """Every object, in the order of its hash. What does not belong here is passed over."""
        for first in _folders(self._objects):
            for second in _folders(first):
                for name in sorted(os.listdir(second)):
                    at_home = _HASH.fullmatch(name) and self.path(name).parent == second
                    if at_home and self.has(name):
                        yield name

    def orphans(
        self, is_known: Callable[[str], bool], *, older_than: timedelta = SETTLED
    ) -> Iterator[str]:
        """Objects that nobody has a row for; young ones may still be waiting for their commit."""
        latest = time.time() - older_than.total_seconds()
        for key in self.keys():
            if os.lstat(self.path(key)).st_ctime <= latest and not is_known(key):
                yield key

    def leftovers(self, *, older_than: timedelta = SETTLED) -> Iterator[Path]:
        """Temporary files of takings-in that did not end."""
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
        """Free what takings-in that were killed have left behind; how many files."""
        swept = 0
        for path in self.leftovers():
            self._disk.unlink(path)
            swept += 1
        return swept

    def _settle(self, temp: Path) -> str:
        """Sync the file, then hash what a reader gets."""
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

    def _publish(self, temp: Path, sha256: str, size_bytes: int) -> Stored:
        target = self.path(sha256)
        self._disk.make_folder(target.parent)
        self._stay_inside(target.parent)
        while True:
            with self._locked():
                if not os.path.lexists(target):
                    self._disk.protect(temp)
                    self._disk.rename(temp, target)
                    self._disk.sync_folder(target.parent)
                    return Stored(sha256=sha256, size_bytes=size_bytes, duplicate=False)
            # The twin is read before the newcomer goes: it may have rotted in the meantime.
            if self.check(sha256).state == "ok":
                self._disk.unlink(temp)
                return Stored(sha256=sha256, size_bytes=size_bytes, duplicate=True)
            if self._replace(temp, target):
                return Stored(sha256=sha256, size_bytes=size_bytes, duplicate=True, repaired=True)

    def _replace(self, temp: Path, target: Path) -> bool:
        """Put a verified file in the place of a damaged one, which is kept aside."""
        self._disk.make_folder(self._damaged)
        with self._locked():
            if self.check(target.name).state in ("ok", "missing"):
                return False
            self._disk.rename(target, self._damaged / f"{target.name}.{uuid.uuid4().hex[:8]}")
            self._disk.protect(temp)
            self._disk.rename(temp, target)
            self._disk.sync_folder(target.parent)
            self._disk.sync_folder(self._damaged)
            return True

    def _adopt_from_afar(self, temp: Path, sha256: str | None) -> Stored:
        descriptor = self._disk.open_to_read(temp)
        with os.fdopen(descriptor, "rb") as stream:
            stored = self.receive(stream, sha256=sha256)
        self._disk.unlink(temp)
        return stored

    def _stay_inside(self, folder: Path) -> None:
        """A link inside the tree must not lead an original out of it."""
        if folder.resolve() != self.root.resolve() / folder.relative_to(self.root):
            raise NotAPlainFile("leads_outside", folder)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One publisher at a time, across threads and processes; freed by the system at death."""
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
