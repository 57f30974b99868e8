"""Check that the path of the home, or of the database, still leads to the folder or file opened.

A folder that is renamed, deleted, replaced or unmounted leaves its path free. What is written
there afterwards would lie outside of the archive, and what is missing there is not lost.
"""

from __future__ import annotations

from pathlib import Path

from media.disk import Disk

Identity = tuple[int, int]  # device and inode


class ArchiveMoved(Exception):
    """The home or the database file was moved, deleted or replaced while the program ran."""

    code = "database_moved"


def identity_of(path: Path) -> Identity | None:
    """Return device and inode of a file or folder, or None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Home:
    """The home of an archive. Its identity is that of the first folder with a vault, and of that.

    Without a vault nothing is remembered: the disk of the home may be mounted later.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._identity: tuple[Identity | None, Identity] | None = None
        self.require_unmoved()

    def require_unmoved(self) -> None:
        """Raise ArchiveMoved if the path leads to another folder or to none."""
        home, vault = identity_of(self.path), identity_of(self.path / "vault")
        if self._identity is None:
            if vault is not None:
                self._identity = home, vault
        elif (home, vault) != self._identity:
            raise ArchiveMoved(f"{self.path} or its vault is not the folder that was opened")


class HomeDisk(Disk):
    """The disk operations on files below the home: refused once the home was moved."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def open_new(self, path: Path) -> int:
        """Create a file and return its descriptor. Raises FileExistsError."""
        self._home.require_unmoved()
        return super().open_new(path)

    def open_to_append(self, path: Path) -> int:
        """Open for appending and return the descriptor; a symbolic link is refused (ELOOP)."""
        self._home.require_unmoved()
        return super().open_to_append(path)

    def open_to_read(self, path: Path) -> int:
        """Open for reading and return the descriptor; a symbolic link is refused (ELOOP)."""
        self._home.require_unmoved()
        return super().open_to_read(path)

    def rename(self, source: Path, target: Path) -> None:
        """Move a file atomically within one file system."""
        self._home.require_unmoved()
        super().rename(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a file; a missing one is no error."""
        self._home.require_unmoved()
        super().unlink(path)

    def make_folder(self, folder: Path, group: int | None = None) -> None:
        """Create `folder` and its parents below the home, which must exist."""
        self._home.require_unmoved()
        if not self._home.path.is_dir():
            raise FileNotFoundError(f"{self._home.path} does not exist")
        super().make_folder(folder, group)
