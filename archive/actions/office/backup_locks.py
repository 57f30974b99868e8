"""Locks of backups and restores.

In a home: a lock of the system, which ends with its process. In the folder of a backup, which
several computers may share: a file that is created exclusively and names its process, because
FAT and network shares keep no locks of the system.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from archive.access import Refused
from archive.models.base import new_id, utc_now

LOCK_NAME = "backup-running.json"
_LOCK_BYTES = 1024  # always of this length, so that one write replaces an older lock
_ATTEMPTS = 5


class BackupTargetBusy(Refused):
    """Another process is backing up into the folder: `path`, `host`, `since`, `lock`."""

    code = "backup_target_busy"


class BackupTargetChanged(Refused):
    """Files of the backup were changed by others while it was made: `files`."""

    code = "backup_target_changed"


@contextlib.contextmanager
def only_process(lock: Path, refused: Refused) -> Iterator[None]:
    """Hold the lock of a new file on this computer, or raise `refused` if another process does."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refused from None
        if not lock.exists() or not os.path.samestat(os.fstat(descriptor), lock.stat()):
            raise refused  # its last owner removed it after it was opened here
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


class TargetLock:
    """The lock of a folder that receives a backup. It is the caller's until `release`."""

    def __init__(self, folder: Path) -> None:
        """Take the lock, also from a process of this computer that has died.

        Raises BackupTargetBusy, OSError.
        """
        self._file = folder / LOCK_NAME
        since = utc_now().strftime("%Y-%m-%d %H:%M UTC")
        owner = _this_process() | {"since": since, "id": new_id()}
        self._content = json.dumps(owner, indent=1).encode().ljust(_LOCK_BYTES - 1) + b"\n"
        for _ in range(_ATTEMPTS):
            if self._create() or self._take_over():
                return
        raise self._busy({})

    def require_own(self) -> None:
        """Raise BackupTargetChanged if the lock was deleted, or taken by another process."""
        if not self._is_own():
            raise BackupTargetChanged(files=[LOCK_NAME])

    def release(self) -> None:
        """Remove the lock, unless another process has it by now."""
        with contextlib.suppress(OSError):
            if self._is_own():
                self._file.unlink()

    def _is_own(self) -> bool:
        try:
            return self._file.read_bytes() == self._content
        except FileNotFoundError:
            return False

    def _create(self) -> bool:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            descriptor = os.open(self._file, flags, 0o600)
        except FileExistsError:
            return False
        try:
            os.write(descriptor, self._content)
            os.fsync(descriptor)
        except BaseException:
            self._file.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        return True

    def _take_over(self) -> bool:
        """Replace the lock of a dead process. Return False if the lock has just changed."""
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            try:  # against other processes of this computer that find the same dead one
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            except OSError:
                pass  # a network share without locks
            found = os.read(descriptor, _LOCK_BYTES)
            owner = _parsed(found)
            if _may_run(owner):
                raise self._busy(owner)
            if self._file.read_bytes() != found:
                return False
            os.pwrite(descriptor, self._content, 0)
            os.fsync(descriptor)
            return True
        except FileNotFoundError:
            return False
        finally:
            os.close(descriptor)

    def _busy(self, owner: dict[str, str]) -> BackupTargetBusy:
        return BackupTargetBusy(
            path=str(self._file.parent),
            host=owner.get("host") or "?",
            since=owner.get("since") or "?",
            lock=str(self._file),
        )


def _this_process() -> dict[str, str]:
    return {
        "host": socket.gethostname(),
        "machine": _line_of(Path("/etc/machine-id")),
        "boot": _line_of(Path("/proc/sys/kernel/random/boot_id")),
        "processes": _namespace(),
        "pid": str(os.getpid()),
        "started": _started(str(os.getpid())),
    }


def _may_run(owner: dict[str, str]) -> bool:
    """Return whether the owner of a lock may still run; of another computer it is unknown."""
    here = _this_process()
    if any(owner.get(key) != here[key] for key in ("host", "machine")):
        return True
    if owner.get("boot") != here["boot"]:
        return False
    if owner.get("processes") != here["processes"]:
        return True
    return _started(owner.get("pid", "")) == owner.get("started")


def _parsed(content: bytes) -> dict[str, str]:
    """Return the owner of a lock; nothing if it is damaged, or is being written."""
    try:
        owner = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(owner, dict):
        return {}
    return {key: value for key, value in owner.items() if isinstance(value, str)}


def _started(pid: str) -> str:
    """Return when a process was started, in ticks since the boot; empty if it has ended."""
    if not (pid.isascii() and pid.isdecimal()):
        return ""
    try:
        stat = Path("/proc", pid, "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # the name before it may contain anything
    return "" if fields[0] in "ZX" else fields[19]


def _namespace() -> str:
    """Return what numbers the processes: those of two containers may have the same number."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _line_of(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
