"""Media files of every kind, made once for all tests of this room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.media import make


@pytest.fixture(scope="session")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make.every_kind(tmp_path_factory.mktemp("kinds"))
