"""Fixtures for tests of the editor's API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive.db import Database
from tests.support import sample_transcript
from tests.support.editor_api_client import EditorClient


@pytest.fixture
def editor(database: Database, client_of: Callable[[str | None], FlaskClient]) -> EditorClient:
    """The sample transcript, opened by an editor."""
    client = client_of("cleo")
    with database.writing() as db:
        version = sample_transcript.add_version(db, sample_transcript.add_interview(db))
        return EditorClient(client, version.id, [s.id for s in version.segments])
