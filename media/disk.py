"""The disk operations that `vault.py` and `parts.py` use.

They are methods of one class so that a test can raise an error, or stop the process,
at the n-th of them for every n (the method of SQLite's crash tests).
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

BUFFER_BYTES = 256 * 1024
MOST_KEPT_FREE_BYTES = 512 * 1024 * 1024
KEPT_FREE_SHARE = 20  # a twentieth of the disk
FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})  # also without inodes
# Errors of chmod and chown on FAT, some network shares, files of another account, and a disk
# that allows reading only.
_NOT_CHANGEABLE = {
    *(errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EROFS)
}


class Disk:
    """Calls of the operating system without buffering. Every method may raise OSError."""

    def open_new(self, path: Path) -> int:
        """Create a file and return its descriptor. Raises FileExistsError."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def open_to_append(self, path: Path) -> int:
        """Open for appending and return the descriptor; a symbolic link is refused (ELOOP)."""
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)

    def open_to_read(self, path: Path) -> int:
        """Open for reading and return the descriptor; a symbolic link is refused (ELOOP)."""
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def read(self, descriptor: int, size_bytes: int) -> bytes:
        """Read up to `size_bytes`; empty at the end of the file."""
        return os.read(descriptor, size_bytes)

    def read_at(self, descriptor: int, size_bytes: int, offset: int) -> bytes:
        """Read from `offset` without moving the file position."""
        return os.pread(descriptor, size_bytes, offset)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write and return the number of bytes written, which may be less than all."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Flush the file to the disk (fsync)."""
        os.fsync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Flush the entries of `folder` to the disk: a rename is durable only after this."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_read_only(self, path: Path, group: int | None = None) -> None:
        """Make a file readable by its owner (0400) or by a group too (0440), writable by none."""
        if not set_mode(path, 0o400 if group is None else 0o440, group):
            set_mode(path, stat.S_IMODE(os.stat(path).st_mode) & ~0o222)

    def rename(self, source: Path, target: Path) -> None:
        """Move a file atomically within one file system."""
        os.rename(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a file; a missing one is no error."""
        path.unlink(missing_ok=True)

    def make_folder(self, folder: Path, group: int | None = None) -> None:
        """Create `folder` and its parents durably, for their owner only (0700).

        `group` may pass through the new folders (0710), and may not list them.
        """
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for new in reversed(missing):
            new.mkdir(mode=0o700, exist_ok=True)
            if group is not None:
                set_mode(new, 0o710, group)
            self.sync_folder(new.parent)

    def free_bytes(self, folder: Path) -> int:
        """Return the free space that originals may use on the file system of `folder`.

        The last twentieth of a disk, at most 512 MiB, is kept for the database, so that pages
        and corrections go on while uploads wait. 0 if no further file can be created.
        """
        status = os.statvfs(folder)
        if lacks_inodes(status):
            return 0
        kept = min(MOST_KEPT_FREE_BYTES, status.f_blocks * status.f_frsize // KEPT_FREE_SHARE)
        return max(0, status.f_bavail * status.f_frsize - kept)


def is_full(error: BaseException) -> bool:
    """Return whether a file operation failed for lack of space, inodes or quota."""
    return isinstance(error, OSError) and error.errno in FULL_ERRNOS


def lacks_inodes(status: os.statvfs_result) -> bool:
    """Return whether no file can be created; some file systems count no inodes."""
    return status.f_files > 0 and status.f_favail == 0


def set_mode(path: Path, mode: int, group: int | None = None) -> bool:
    """Set the permissions and, when given, the group; False where the file system cannot."""
    try:
        if group is not None:
            os.chown(path, -1, group)
        os.chmod(path, mode)
    except OSError as error:
        if error.errno not in _NOT_CHANGEABLE:
            raise
        return False
    return True


def write_all(disk: Disk, descriptor: int, data: bytes) -> int:
    """Write all of `data`, repeating partial writes; return the number of bytes."""
    rest = memoryview(data)
    while rest:
        rest = rest[disk.write(descriptor, rest) :]
    return len(data)
