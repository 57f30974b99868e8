"""A disk that works, and records what happened to names in folders."""

from __future__ import annotations

from pathlib import Path

from media.disk import Disk


class RecordingDisk(Disk):
    """Records every unlink and every fsync of a folder, in order, as (method, path)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Path]] = []

    def unlink(self, path: Path) -> None:
        """Remove a name and record it."""
        super().unlink(path)
        self.calls.append(("unlink", path))

    def sync_folder(self, folder: Path) -> None:
        """Sync a folder and record it."""
        super().sync_folder(folder)
        self.calls.append(("sync_folder", folder))
