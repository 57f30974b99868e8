"""The command line of the test's archive."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.cli_runner import CliRunner


@pytest.fixture
def runner(app: Flask) -> CliRunner:
    return CliRunner(app)
