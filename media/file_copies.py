"""Copies of files in a folder of another disk: read back after writing, split where necessary.

A file of more than PART_BYTES becomes NAME.001, NAME.002 …, so that it fits on a FAT disk;
`cat NAME.*` joins them. Order of writes: temporary file, fsync, read back, rename, fsync of the
folder. Incomplete files are only in root/incoming.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from media.disk import BUFFER_BYTES, Disk, write_all
from media.vault import ByteStream

# FAT32 keeps files of up to 4 GiB - 1, but fsck.fat truncates one whose clusters fill 4 GiB to 0.
PART_BYTES = 4 * 1024**3 - 1024**2
_WITHOUT_FOLDER_SYNC = {
    *(errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EACCES, errno.EPERM)
}
_INCOMING_NAME = re.compile(r"[0-9a-f]{32}\.\d{3,}", re.ASCII)

OnBytes = Callable[[int], None]


class SourceDamaged(Exception):
    """The source cannot be read, or its bytes do not have the expected SHA-256."""


class CopyDiffers(Exception):
    """The disk returned other bytes than were written to it. `name` is the file."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was read back with other bytes than were written")
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedFile:
    """A verified copy of a file, in one or several parts."""

    sha256: str
    size_bytes: int
    parts: int


class ExternalDisk(Disk):
    """A USB disk or a network share, some of which cannot flush the entries of a folder."""

    def sync_folder(self, folder: Path) -> None:
        """Flush the entries of `folder`, where the file system can."""
        try:
            super().sync_folder(folder)
        except OSError as error:
            if error.errno not in _WITHOUT_FOLDER_SYNC:
                raise


class CopyFolder:
    """A folder of copies, named by paths relative to it."""

    def __init__(
        self, root: Path, *, part_bytes: int = PART_BYTES, disk: Disk | None = None
    ) -> None:
        self.root = root
        self._incoming = root / "incoming"
        self._part_bytes = part_bytes
        self._disk = disk or ExternalDisk()
        self._device: int | None = None

    def write(
        self, source: ByteStream, name: str, *, sha256: str = "", on_bytes: OnBytes
    ) -> CopiedFile:
        """Store a stream under `name`, replacing an older file of this name.

        Raises SourceDamaged if its bytes do not have the given hash, CopyDiffers, OSError, and
        what `on_bytes` raises; nothing is left then.
        """
        self._require_same_disk()
        self._disk.make_folder(self._incoming)
        temps: list[Path] = []
        try:
            found = self._write_parts(source, temps, on_bytes)
            if sha256 and found != sha256:
                raise SourceDamaged(f"expected {sha256}, found {found}")
            if self._digest(temps, on_bytes) != found:
                raise CopyDiffers(name)
            size_bytes = sum(temp.stat().st_size for temp in temps)
            self._publish(temps, self.root / name)
        except BaseException:
            for temp in temps:
                with contextlib.suppress(OSError):
                    self._disk.unlink(temp)
            raise
        return CopiedFile(sha256=found, size_bytes=size_bytes, parts=len(temps))

    def size(self, name: str) -> int | None:
        """Return the size of a copy, the sum of its parts; None if there is none."""
        found = self._parts(name)
        return sum(part.stat().st_size for part in found) if found else None

    def digest(self, name: str, *, on_bytes: OnBytes) -> str:
        """Read a copy from the disk and return its SHA-256; empty if it cannot be read."""
        try:
            found = self._parts(name)
            return self._digest(found, on_bytes) if found else ""
        except OSError:
            return ""

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[PartsReader]:
        """Open a copy as one stream. Raises FileNotFoundError."""
        found = self._parts(name)
        if not found:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self.root / name))
        reader = PartsReader(self._disk, found)
        try:
            yield reader
        finally:
            reader.close()

    @contextlib.contextmanager
    def opened_source(self, name: str) -> Iterator[ByteStream]:
        """Open a copy whose faults are SourceDamaged, unlike those of the disk it is read for."""
        try:
            found = self._parts(name)
        except OSError as error:
            raise SourceDamaged(str(error)) from error
        if not found:
            raise SourceDamaged(f"{name} is missing")
        reader = PartsReader(self._disk, found)
        try:
            yield _Source(reader)
        finally:
            reader.close()

    def remove(self, name: str) -> None:
        """Remove a copy with all its parts; a missing one is no error."""
        for part in self._parts(name):
            self._disk.unlink(part)

    def clear_incoming(self) -> None:
        """Remove what interrupted writes left; no other process may be writing."""
        with contextlib.suppress(OSError):
            for path in self._incoming.iterdir():
                if _INCOMING_NAME.fullmatch(path.name):
                    path.unlink()
            self._incoming.rmdir()

    def has_only_own_incoming(self) -> bool:
        """Return whether the folder of incomplete files has no file of others."""
        return all(_INCOMING_NAME.fullmatch(path.name) for path in self._incoming.iterdir())

    def _require_same_disk(self) -> None:
        """Raise OSError if the folder is gone, or its disk was taken out.

        Its path would then lead to the disk of the machine, which is no place for a copy.
        """
        device = self.root.stat().st_dev
        self._device = device if self._device is None else self._device
        if device != self._device:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), str(self.root))

    def _write_parts(self, source: ByteStream, temps: list[Path], on_bytes: OnBytes) -> str:
        """Write and flush the parts, adding their paths to `temps`; return the SHA-256."""
        name = uuid.uuid4().hex
        digest = hashlib.sha256()
        block = _read(source)
        while block or not temps:
            temps.append(self._incoming / f"{name}.{len(temps) + 1:03d}")
            descriptor = self._disk.open_new(temps[-1])
            try:
                left = self._part_bytes
                while block and left:
                    now, block = block[:left], block[left:]
                    digest.update(now)
                    left -= write_all(self._disk, descriptor, now)
                    on_bytes(len(now))
                    block = block or _read(source)
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)
        return digest.hexdigest()

    def _publish(self, temps: list[Path], target: Path) -> None:
        """Rename the parts, then remove what the older file had more.

        At no moment neither of the two is there: a file in one part is read before its parts.
        """
        self._disk.make_folder(target.parent)
        older = [path for path in (target, *self._numbered(target)) if path.is_file()]
        is_whole = len(temps) == 1
        names = [target] if is_whole else [_part(target, i + 1) for i in range(len(temps))]
        for temp, name in zip(temps, names, strict=True):
            self._disk.rename(temp, name)
        for path in older:
            if path not in names:
                self._disk.unlink(path)
        self._disk.sync_folder(target.parent)

    def _parts(self, name: str) -> list[Path]:
        whole = self.root / name
        return [whole] if whole.is_file() else self._numbered(whole)

    def _numbered(self, whole: Path) -> list[Path]:
        found: list[Path] = []
        while (part := _part(whole, len(found) + 1)).is_file():
            found.append(part)
        return found

    def _digest(self, parts: list[Path], on_bytes: OnBytes) -> str:
        digest = hashlib.sha256()
        reader = PartsReader(self._disk, parts)
        try:
            while block := reader.read(BUFFER_BYTES):
                digest.update(block)
                on_bytes(0)
        finally:
            reader.close()
        return digest.hexdigest()


class _Source:
    """A stream whose errors are SourceDamaged."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        return _read(self._stream, size)


class PartsReader:
    """The parts of a file as one stream, read from the disk and not from its cache."""

    def __init__(self, disk: Disk, parts: list[Path]) -> None:
        self._disk = disk
        self._rest = list(parts)
        self._descriptor = -1

    def read(self, size: int, /) -> bytes:
        """Read up to `size` bytes; empty at the end of the last part."""
        while True:
            if self._descriptor >= 0:
                if block := self._disk.read(self._descriptor, size):
                    return block
                self.close()
            if not self._rest:
                return b""
            self._descriptor = self._disk.open_to_read(self._rest.pop(0))
            with contextlib.suppress(OSError):
                os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def close(self) -> None:
        """Close the part that is open."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _part(whole: Path, number: int) -> Path:
    return whole.with_name(f"{whole.name}.{number:03d}")


def _read(source: ByteStream, size: int = BUFFER_BYTES) -> bytes:
    try:
        return source.read(size)
    except OSError as error:
        raise SourceDamaged(str(error)) from error
