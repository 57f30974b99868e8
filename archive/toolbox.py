"""The concrete tools of this archive, made once in `app.py` and handed to the few who need them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archive.db import Database
from archive.settings import Settings
from media.parts import PartStore
from media.vault import Vault
from search.backends.base import Backend


@dataclass(frozen=True, kw_only=True)
class Toolbox:
    """Bytes, index and models; everything that is not a row."""

    settings: Settings
    database: Database
    vault: Vault
    parts: PartStore
    index: Backend

    @property
    def derivatives_dir(self) -> Path:
        """Where `MediaFile.path` of a derivative counts from."""
        return self.settings.derivatives_dir
