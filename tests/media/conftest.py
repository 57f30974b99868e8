"""Media files of every kind, created once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import media_files


@pytest.fixture(scope="session")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return media_files.every_kind(tmp_path_factory.mktemp("kinds"))
