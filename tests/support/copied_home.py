"""Build an archive once for a module of tests and copy it for each of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import create_toolbox
from archive import file_modes
from archive.settings import Settings
from archive.toolbox import Toolbox


@contextmanager
def building_home(folder: Path, empty_database: Path) -> Iterator[Toolbox]:
    """Open a new archive with the cast's accounts, to be filled inside the block."""
    home = folder / "home"
    for name in ("vault/parts", "derivatives", "index", "models"):
        (home / name).mkdir(parents=True)
    shutil.copy(empty_database, home / "archive.db")
    settings = _settings(home)
    file_modes.fix_permissions(settings)
    toolbox = create_toolbox(settings)
    yield toolbox
    toolbox.database.dispose()


def copy_home(home: Path, target: Path) -> Settings:
    """Copy a closed archive and return the settings of the copy."""
    shutil.copytree(home, target)
    return _settings(target)


def _settings(home: Path) -> Settings:
    return Settings(
        home=home, database_url=f"sqlite:///{home / 'archive.db'}", poll_s=0.02, lease_s=60.0
    )
