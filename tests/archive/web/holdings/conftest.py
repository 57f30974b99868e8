from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.http_server import HttpClient, serve_in_thread
from tests.support.tus_client import sign_in


@pytest.fixture
def hoa(app: Flask, toolbox: Toolbox) -> Iterator[HttpClient]:
    media_factory.add_interview(toolbox.database)
    with serve_in_thread(app) as line:
        yield sign_in(line, toolbox, "hoa")
