"""The command line of the test's archive."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.shell import Shell


@pytest.fixture
def shell(app: Flask) -> Shell:
    return Shell(app)
