"""Fixtures for the contract of search backends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.backends.base import Backend
from search.backends.registry import BACKENDS, open_backend


@pytest.fixture(params=sorted(BACKENDS))
def empty_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    backend = open_backend(request.param, tmp_path / "index")
    yield backend
    backend.close()
