"""The few disk operations that the vault and the parts are built from.

They are gathered in one class so that a test can fail, or stop the world at, the n-th
of them for every n: that is how SQLite tests its own promises.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

BUFFER_BYTES = 256 * 1024


class Disk:
    """Straight calls to the operating system. Every method may raise OSError."""

    def open_new(self, path: Path) -> int:
        """A descriptor on a file that did not exist a moment ago."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def open_to_append(self, path: Path) -> int:
        """A descriptor whose writes all land at the end; a symbolic link is refused."""
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)

    def open_to_read(self, path: Path) -> int:
        """A descriptor that cannot write; a symbolic link is refused (ELOOP)."""
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def read(self, descriptor: int, size_bytes: int) -> bytes:
        """Up to `size_bytes`; empty at the end."""
        return os.read(descriptor, size_bytes)

    def read_at(self, descriptor: int, size_bytes: int, offset: int) -> bytes:
        """Like `read`, from `offset`, and without moving the place of the next read."""
        return os.pread(descriptor, size_bytes, offset)

    def write(self, descriptor: int, data: memoryview) -> int:
        """How much the system took, which may be less than all of it."""
        return os.write(descriptor, data)

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        """Cut the file to `size_bytes`."""
        os.ftruncate(descriptor, size_bytes)

    def sync(self, descriptor: int) -> None:
        """Come back when the bytes are on the disk, not only in its queue."""
        os.fsync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Make names in `folder` durable: a rename counts only after this."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def protect(self, path: Path) -> None:
        """Take away every permission to write (0444)."""
        os.chmod(path, 0o444)

    def rename(self, source: Path, target: Path) -> None:
        """Move within one file system, in one step."""
        os.rename(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a name; it is no error when it is already gone."""
        path.unlink(missing_ok=True)

    def make_folder(self, folder: Path) -> None:
        """Create `folder` and its parents, each of them durably."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
            self.sync_folder(new.parent)

    def free_bytes(self, folder: Path) -> int:
        """What an ordinary user may still write here."""
        return shutil.disk_usage(folder).free


def write_all(disk: Disk, descriptor: int, data: bytes) -> int:
    """Write every byte of `data`, however often the system takes only a part."""
    rest = memoryview(data)
    while rest:
        rest = rest[disk.write(descriptor, rest) :]
    return len(data)
