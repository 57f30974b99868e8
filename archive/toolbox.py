"""The toolbox: settings, database, vault, uploads and index, built once in `app.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archive.archive_moved import Home, HomeDisk
from archive.db import Database
from archive.settings import Settings
from media.disk import Disk
from media.parts import PartStore
from media.vault import Vault
from search.backends.base import Backend


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """The resources that actions need besides a database session."""

    settings: Settings
    home: Home
    database: Database
    vault: Vault
    parts: PartStore
    index: Backend

    @property
    def disk(self) -> Disk:
        """The disk operations on files below the home."""
        return HomeDisk(self.home)

    @property
    def derivatives_dir(self) -> Path:
        """The folder to which `MediaFile.path` of a derivative is relative."""
        return self.settings.derivatives_dir
