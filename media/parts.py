"""Store of uploads in progress, resumable after a broken connection (tus 1.0).

The offset of an upload is the size of <id>.part on the disk; no second counter could
disagree with it after a crash. <id>.json holds the declared length, and the hash once
the file is complete. The lock is an flock on <id>.part, so the system releases it when
the process ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from media.disk import BUFFER_BYTES, Disk, is_full, write_all
from media.part_errors import (
    Incomplete,
    NoSuchPart,
    OffsetMismatch,
    OutOfSpace,
    PartError,
    PartExists,
    PartLocked,
    PartUnreadable,
    TooLong,
)
from media.running_hash import RunningHashes
from media.vault import ByteStream

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
SYNC_EVERY_BYTES = 64 * 1024 * 1024
RESERVE = 1.10
RESERVED_S = 3600.0  # after the last byte
LEAST_RESERVED_BYTES = 1024**3
LEFTOVER_AGE_S = 3600.0  # a file of facts is written in a moment


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

        Raises OutOfSpace unless the length plus a tenth fits beside what is reserved for
        other uploads; PartExists.
        """
        if length < 0:
            raise ValueError(f"length {length} is negative")
        if not _ID.fullmatch(part_id):
            raise NoSuchPart(part_id[:64], "not an upload id")
        self._disk.make_folder(self.root)
        needed = int(length * RESERVE) + self._reserved_bytes()
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
        except OSError as error:
            for path in (self._file(part_id), self._facts_file(part_id)):
                with contextlib.suppress(OSError):
                    self._disk.unlink(path)
            if is_full(error):
                free = self._disk.free_bytes(self.root)
                raise OutOfSpace(part_id, needed=needed, free=free) from error
            raise

    def length(self, part_id: str) -> int:
        """Return the declared length in bytes."""
        return int(self._facts(part_id)["length"])

    def size(self, part_id: str) -> int:
        """Return the number of bytes stored: the offset at which the client resumes."""
        facts = self._facts(part_id)
        try:
            status = os.lstat(self._file(part_id))
        except FileNotFoundError:
            return int(facts["length"]) if "sha256" in facts else self._raise_bytes_missing(part_id)
        if not stat.S_ISREG(status.st_mode):
            raise PartUnreadable(part_id, "not a plain file")
        return status.st_size

    def peek(self, part_id: str, start: int, size: int) -> bytes:
        """Return up to `size` stored bytes from `start`. Raises NoSuchPart."""
        self._facts(part_id)
        try:
            descriptor = self._disk.open_to_read(self._file(part_id))
        except FileNotFoundError as error:
            raise NoSuchPart(part_id, "its bytes are gone") from error
        except OSError as error:
            raise PartUnreadable(part_id, str(error)) from error
        try:
            return self._disk.read_at(descriptor, size, start)
        except OSError as error:
            raise PartUnreadable(part_id, str(error)) from error
        finally:
            os.close(descriptor)

    def append(self, part_id: str, offset: int, stream: ByteStream) -> int:
        """Write the stream at `offset` and return the new offset; durable on return.

        Memory use is one buffer. When the connection, the disk or the process fails,
        the bytes received so far are kept, and `size` returns their number.
        Raises PartLocked, OffsetMismatch, TooLong, OutOfSpace, NoSuchPart, PartUnreadable.
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
                if is_full(error):
                    rest = length - os.fstat(descriptor).st_size
                    free = self._disk.free_bytes(self.root)
                    raise OutOfSpace(part_id, needed=rest, free=free) from error
                raise
            finally:
                self._disk.sync(descriptor)
            return os.fstat(descriptor).st_size

    def finish(self, part_id: str) -> FinishedUpload:
        """Return the complete file and its hash. Raises Incomplete, PartLocked, NoSuchPart,
        PartUnreadable.

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
                sha256 = self._digest(part_id, descriptor, size)
                if facts.get("sha256") != sha256:
                    self._write_facts(part_id, {"length": length, "sha256": sha256})
        except NoSuchPart:
            if "sha256" not in facts:
                raise
            sha256 = str(facts["sha256"])
        return FinishedUpload(path=self._file(part_id), sha256=sha256, size_bytes=length)

    def _digest(self, part_id: str, descriptor: int, size: int) -> str:
        try:
            return self._hashes.hexdigest_of(part_id, descriptor, size)
        except OSError as error:
            raise PartUnreadable(part_id, str(error)) from error

    def discard(self, part_id: str) -> None:
        """Delete the upload and its bytes. Raises PartLocked; unknown ids are no error."""
        if not _ID.fullmatch(part_id):
            return
        try:
            with contextlib.suppress(NoSuchPart), self._locked(part_id):
                self._disk.unlink(self._file(part_id))
        except PartUnreadable:
            self._unlink_file(self._file(part_id))
        self._unlink_file(self._facts_file(part_id))
        self._hashes.forget(part_id)

    def _unlink_file(self, path: Path) -> None:
        """Delete a file; a folder in its place was not made here, and stays."""
        with contextlib.suppress(IsADirectoryError):
            self._disk.unlink(path)

    def ids(self) -> list[str]:
        """Return the ids of all uploads that were created and not discarded."""
        if not self.root.is_dir():
            return []
        return sorted(path.stem for path in self.root.glob("*.json") if _ID.fullmatch(path.stem))

    def free_bytes(self) -> int:
        """Return the free space for uploads, see `Disk.free_bytes`."""
        return self._disk.free_bytes(self.root)

    def unreadable(self) -> list[str]:
        """Return the ids of uploads whose files are damaged or belong to another account.

        Complete ones are read to their end: a bad sector keeps them out of the vault.
        """
        found = []
        for part_id in self.ids():
            try:
                self.peek(part_id, 0, 1)
                if self.size(part_id) == self.length(part_id):
                    for start in range(0, self.size(part_id), BUFFER_BYTES):
                        self.peek(part_id, start, BUFFER_BYTES)
            except PartUnreadable:
                found.append(part_id)
            except NoSuchPart:
                continue  # discarded meanwhile, or in the vault already
        return found

    def sweep(self) -> int:
        """Delete what interrupted writes of facts left; return how many."""
        deleted = 0
        for path in sorted(self.root.glob("*.new")):
            part_id = path.stem
            with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                is_old = time.time() - os.lstat(path).st_mtime > LEFTOVER_AGE_S
                if is_old and _ID.fullmatch(part_id):
                    self._disk.unlink(path)
                    deleted += 1
        return deleted

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
            end = size + len(block)
            # The last byte is written only after the stream has ended: a longer file must not
            # look complete, not even to a process that starts after a kill.
            if end > length or (end == length and stream.read(1)):
                raise TooLong(part_id, length=length)
            free = self._disk.free_bytes(self.root)
            if len(block) > free:
                raise OutOfSpace(part_id, needed=length - size, free=free)
            # Hash after writing: when a write fails half-way, the hash covers less than the
            # file, and the next request reads the difference from the disk.
            size += write_all(self._disk, descriptor, block)
            self._hashes.update(part_id, block)
            unsynced += len(block)
            if unsynced >= SYNC_EVERY_BYTES:
                self._disk.sync(descriptor)
                unsynced = 0

    def _reserved_bytes(self) -> int:
        """Return the bytes that other uploads may still need.

        An upload reserves as much again as it has sent, at least 1 GiB and at most its rest,
        for an hour after its last byte. So a promise of 60 GB alone blocks no other upload.
        """
        reserved = 0
        for part_id in self.ids():
            with contextlib.suppress(PartError, FileNotFoundError):
                size = self.size(part_id)
                idle_s = time.time() - os.lstat(self._file(part_id)).st_mtime
                if abs(idle_s) < RESERVED_S:  # further ahead, a clock was wrong
                    rest = max(0, self.length(part_id) - size)
                    reserved += min(rest, max(LEAST_RESERVED_BYTES, size))
        return reserved

    @contextlib.contextmanager
    def _locked(self, part_id: str) -> Iterator[int]:
        try:
            descriptor = self._disk.open_to_append(self._file(part_id))
        except FileNotFoundError as error:
            raise NoSuchPart(part_id, "no bytes are kept under this id") from error
        except OSError as error:
            raise PartUnreadable(part_id, str(error)) from error
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
            descriptor = self._disk.open_to_read(self._facts_file(part_id))
            try:
                with open(descriptor, "rb", closefd=False) as file:
                    facts = json.load(file)
            finally:
                os.close(descriptor)
            return {"length": int(facts["length"])} | (
                {"sha256": str(facts["sha256"])} if "sha256" in facts else {}
            )
        except FileNotFoundError as error:
            raise NoSuchPart(part_id, "unknown or discarded") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PartUnreadable(part_id, str(error)) from error

    def _write_facts(self, part_id: str, facts: dict[str, int | str]) -> None:
        temp = self._facts_file(part_id).with_suffix(".new")
        self._disk.unlink(temp)
        descriptor = self._disk.open_new(temp)
        try:
            try:
                write_all(self._disk, descriptor, json.dumps(facts).encode())
                self._disk.sync(descriptor)
            finally:
                os.close(descriptor)
            self._disk.rename(temp, self._facts_file(part_id))
        except OSError:
            with contextlib.suppress(OSError):
                self._disk.unlink(temp)
            raise
        self._disk.sync_folder(self.root)

    def _file(self, part_id: str) -> Path:
        return self.root / f"{part_id}.part"

    def _facts_file(self, part_id: str) -> Path:
        return self.root / f"{part_id}.json"

    @staticmethod
    def _raise_bytes_missing(part_id: str) -> int:
        raise NoSuchPart(part_id, "its bytes are gone")
