"""Fixtures of backups and restores: where they are written to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.settings import make_folders
from archive.toolbox import Toolbox
from tests.support.backups import empty_archive


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Return the folder of a backup that does not exist yet."""
    return tmp_path / "usb"


@pytest.fixture
def empty(backend: str, tmp_path: Path) -> Iterator[Toolbox]:
    """Give an empty home and an empty database."""
    with empty_archive(backend, tmp_path / "new") as tools:
        make_folders(tools.settings)
        yield tools
