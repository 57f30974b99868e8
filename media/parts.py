"""Store of uploads in progress, resumable after a broken connection (tus 1.0).

The offset of an upload is the size of <id>.part on the disk; no second counter could
disagree with it after a crash. <id>.json holds the declared length, and the hash once
the file is complete. The lock is an flock on <id>.part, so the system releases it when
the process ends.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from media.disk import BUFFER_BYTES, Disk, write_all
from media.running_hash import RunningHashes
from media.vault import ByteStream

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
SYNC_EVERY_BYTES = 64 * 1024 * 1024
RESERVE = 1.10


class PartError(Exception):
    """Base of the errors about one upload. `code` is stable."""

    code = "part_error"

    def __init__(self, part_id: str, message: str) -> None:
        super().__init__(f"{part_id}: {message}")
        self.part_id = part_id


class NoSuchPart(PartError):
    """The id is unknown, discarded or malformed."""

    code = "no_such_part"


class PartExists(PartError):
    """The id is already in use."""

    code = "part_exists"


class PartLocked(PartError):
    """Another request, perhaps in another process, is writing to this upload."""

    code = "busy"


class OffsetMismatch(PartError):
    """The request's offset `found` is not the stored offset `expected`."""

    code = "offset_mismatch"

    def __init__(self, part_id: str, *, expected: int, found: int) -> None:
        super().__init__(part_id, f"offset is {expected}, not {found}")
        self.expected, self.found = expected, found


class TooLong(PartError):
    """More bytes were sent than declared; the declared ones are kept."""

    code = "too_much"

    def __init__(self, part_id: str, *, length: int) -> None:
        super().__init__(part_id, f"more than the declared {length} bytes")
        self.length = length


class Incomplete(PartError):
    """Fewer bytes are stored than declared."""

    code = "incomplete"

    def __init__(self, part_id: str, *, expected: int, found: int) -> None:
        super().__init__(part_id, f"{found} of {expected} bytes")
        self.expected, self.found = expected, found


class OutOfSpace(PartError):
    """The disk is too full. Bytes already received are kept."""

    code = "out_of_space"

    def __init__(self, part_id: str, *, needed: int, free: int) -> None:
        super().__init__(part_id, f"needs {needed} bytes, {free} are free")
        self.needed, self.free = needed, free


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedUpload:
    """A complete upload, ready for `Vault.adopt(path, sha256=sha256)`.

    After a crash between `adopt` and `discard`, `path` may no longer exist.
    """

    path: Path
    sha256: str
    size_bytes: int


class PartStore:
    """A folder of uploads in progress, best on the vault's file system: `adopt` is a rename."""

    def __init__(self, root: Path, *, disk: Disk | None = None) -> None:
        self.root = root
        self._disk = disk or Disk()
        self._hashes = RunningHashes(self._disk)

    def create(self, part_id: str, length: int) -> None:
        """Start an upload of `length` bytes.

        Raises OutOfSpace unless the length plus a tenth fits beside the bytes that other
        open uploads may still send; PartExists.
        """
        if length < 0:
            raise ValueError(f"length {length} is negative")
        if not _ID.fullmatch(part_id):
            raise NoSuchPart(part_id[:64], "not an upload id")
        self._disk.make_folder(self.root)
        needed = int(length * RESERVE) + self._outstanding_bytes()
        free = self._disk.free_bytes(self.root)
        if needed > free:
            raise OutOfSpace(part_id, needed=needed, free=free)
        if os.path.lexists(self._facts_file(part_id)):
            raise PartExists(part_id, "this id is taken")
        self._hashes.forget(part_id)
        try:
            self._write_facts(part_id, {"length": length})
            os.close(self._disk.open_new(self._file(part_id)))
            self._disk.sync_folder(self.root)
        except OSError:
            for path in (self._file(part_id), self._facts_file(part_id)):
                with contextlib.suppress(OSError):
                    self._disk.unlink(path)
            raise

    def length(self, part_id: str) -> int:
        """Return the declared length in bytes."""
        return int(self._facts(part_id)["length"])

    def size(self, part_id: str) -> int:
        """Return the number of bytes stored: the offset at which the client resumes."""
        facts = self._facts(part_id)
        try:
            return os.lstat(self._file(part_id)).st_size
        except FileNotFoundError:
            return int(facts["length"]) if "sha256" in facts else self._raise_bytes_missing(part_id)

    def peek(self, part_id: str, start: int, size: int) -> bytes:
        """Return up to `size` stored bytes from `start`. Raises NoSuchPart."""
        self._facts(part_id)
        try:
            descriptor = self._disk.open_to_read(self._file(part_id))
        except FileNotFoundError as error:
            raise NoSuchPart(part_id, "its bytes are gone") from error
        with os.fdopen(descriptor, "rb") as file:
            file.seek(start)
            return file.read(size)

    def append(self, part_id: str, offset: int, stream: ByteStream) -> int:
        """Write the stream at `offset` and return the new offset; durable on return.

        Memory use is one buffer. When the connection, the disk or the process fails,
        the bytes received so far are kept, and `size` returns their number.
        Raises PartLocked, OffsetMismatch, TooLong, OutOfSpace, NoSuchPart.
        """
        length = self.length(part_id)
        with self._locked(part_id) as descriptor:
            size = os.fstat(descriptor).st_size
            if offset != size:
                raise OffsetMismatch(part_id, expected=size, found=offset)
            self._hashes.begin_append(part_id, descriptor, size)
            try:
                self._write_stream(part_id, descriptor, stream, length=length)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    rest = length - os.fstat(descriptor).st_size
                    free = self._disk.free_bytes(self.root)
                    raise OutOfSpace(part_id, needed=rest, free=free) from error
                raise
            finally:
                self._disk.sync(descriptor)
            return os.fstat(descriptor).st_size

    def finish(self, part_id: str) -> FinishedUpload:
        """Return the complete file and its hash. Raises Incomplete, PartLocked, NoSuchPart.

        The hash is computed while bytes arrive; only bytes received by another process,
        or before a restart, are read again. May be called again after a crash.
        """
        facts = self._facts(part_id)
        length = int(facts["length"])
        try:
            with self._locked(part_id) as descriptor:
                size = os.fstat(descriptor).st_size
                if size != length:
                    raise Incomplete(part_id, expected=length, found=size)
                sha256 = self._hashes.hexdigest_of(part_id, descriptor, size)
                if facts.get("sha256") != sha256:
                    self._write_facts(part_id, {"length": length, "sha256": sha256})
        except NoSuchPart:
            if "sha256" not in facts:
                raise
            sha256 = str(facts["sha256"])
        return FinishedUpload(path=self._file(part_id), sha256=sha256, size_bytes=length)

    def discard(self, part_id: str) -> None:
        """Delete the upload and its bytes. Raises PartLocked; unknown ids are no error."""
        if not _ID.fullmatch(part_id):
            return
        with contextlib.suppress(NoSuchPart), self._locked(part_id):
            self._disk.unlink(self._file(part_id))
        self._disk.unlink(self._facts_file(part_id))
        self._hashes.forget(part_id)

    def ids(self) -> list[str]:
        """Return the ids of all uploads that were created and not discarded."""
        if not self.root.is_dir():
            return []
        return sorted(path.stem for path in self.root.glob("*.json") if _ID.fullmatch(path.stem))

    def expired(self, before: datetime) -> Iterator[str]:
        """Yield the ids of uploads without a new byte since `before` (aware); deletes nothing."""
        for part_id in self.ids():
            newest = 0.0
            for path in (self._file(part_id), self._facts_file(part_id)):
                with contextlib.suppress(FileNotFoundError):
                    newest = max(newest, os.lstat(path).st_mtime)
            if datetime.fromtimestamp(newest, UTC) < before:
                yield part_id

    def _write_stream(
        self, part_id: str, descriptor: int, stream: ByteStream, *, length: int
    ) -> None:
        size = os.fstat(descriptor).st_size
        unsynced = 0
        while block := stream.read(BUFFER_BYTES):
            fitting = block[: length - size]
            # Hash after writing: when a write fails half-way, the hash covers less than the
            # file, and the next request reads the difference from the disk.
            size += write_all(self._disk, descriptor, fitting)
            self._hashes.update(part_id, fitting)
            if len(fitting) < len(block):
                raise TooLong(part_id, length=length)
            unsynced += len(fitting)
            if unsynced >= SYNC_EVERY_BYTES:
                self._disk.sync(descriptor)
                unsynced = 0

    def _outstanding_bytes(self) -> int:
        """Return the number of bytes that open uploads may still send."""
        promised = 0
        for part_id in self.ids():
            with contextlib.suppress(NoSuchPart):
                promised += max(0, self.length(part_id) - self.size(part_id))
        return promised

    @contextlib.contextmanager
    def _locked(self, part_id: str) -> Iterator[int]:
        try:
            descriptor = self._disk.open_to_append(self._file(part_id))
        except FileNotFoundError as error:
            raise NoSuchPart(part_id, "no bytes are kept under this id") from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PartLocked(part_id, "another request is writing") from error
            yield descriptor
        finally:
            os.close(descriptor)

    def _facts(self, part_id: str) -> dict[str, int | str]:
        if not _ID.fullmatch(part_id):
            raise NoSuchPart(part_id[:64], "not an upload id")
        try:
            facts = json.loads(self._facts_file(part_id).read_text("utf-8"))
        except FileNotFoundError as error:
            raise NoSuchPart(part_id, "unknown or discarded") from error
        return {"length": int(facts["length"])} | (
            {"sha256": str(facts["sha256"])} if "sha256" in facts else {}
        )

    def _write_facts(self, part_id: str, facts: dict[str, int | str]) -> None:
        temp = self._facts_file(part_id).with_suffix(".new")
        self._disk.unlink(temp)
        descriptor = self._disk.open_new(temp)
        try:
            write_all(self._disk, descriptor, json.dumps(facts).encode())
            self._disk.sync(descriptor)
        finally:
            os.close(descriptor)
        self._disk.rename(temp, self._facts_file(part_id))
        self._disk.sync_folder(self.root)

    def _file(self, part_id: str) -> Path:
        return self.root / f"{part_id}.part"

    def _facts_file(self, part_id: str) -> Path:
        return self.root / f"{part_id}.json"

    @staticmethod
    def _raise_bytes_missing(part_id: str) -> int:
        raise NoSuchPart(part_id, "its bytes are gone")
