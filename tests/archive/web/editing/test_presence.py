"""Presence reports with invalid, late and concurrent requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from archive.db import Database
from archive.jobs.worker import Worker
from archive.models import Presence
from archive.models.base import new_id, utc_now
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.editor_api_client import EditorClient, run_concurrently
from tests.support.worker_process import wait_until

ClientOf = Callable[[str | None], FlaskClient]


def presence_url(editor: EditorClient) -> str:
    return f"/api/v1/transcripts/{editor.version}/presence"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "body"),
        ([], "body"),
        ({"seg": 5}, "seg"),
        ({"seg": "../x"}, "seg"),
        ({"seg": "\ud800"}, "seg"),
        ({"seg": "a" * 50_000}, "seg"),
        ({"typing": "yes"}, "typing"),
        ({"typing": 1}, "typing"),
        ({"typing": None}, "typing"),
        ({"seg": {}}, "seg"),
    ],
)
def test_report_with_invalid_field_is_refused(editor: EditorClient, body: Any, field: str) -> None:
    answer = editor.client.post(presence_url(editor), json=body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field)
    assert editor.client.get(presence_url(editor)).get_json() == {"rev": 1, "others": []}


def test_report_of_unknown_segment_stores_no_position(
    editor: EditorClient, client_of: ClientOf
) -> None:
    rob = client_of("rob")
    assert rob.post(presence_url(editor), json={"seg": new_id()}).status_code == 200
    [there] = editor.client.get(presence_url(editor)).get_json()["others"]
    assert (there["name"], there["seg"], there["typing"]) == ("Rob", None, False)


def test_report_of_a_segment_of_another_version_is_refused(
    editor: EditorClient, database: Database, client_of: ClientOf
) -> None:
    with database.writing() as db:
        foreign = (
            sample_transcript.add_version(db, sample_transcript.add_interview(db, "LK-2"))
            .segments[0]
            .id
        )
    answer = client_of("rob").post(presence_url(editor), json={"seg": foreign})
    assert (answer.status_code, answer.get_json()["field"]) == (422, "seg")
    assert editor.client.get(presence_url(editor)).get_json()["others"] == []


def test_worker_deletes_expired_presence(
    editor: EditorClient, database: Database, toolbox: Toolbox
) -> None:
    editor.client.post(presence_url(editor), json={"seg": editor.ids[0]})
    with database.writing() as db:
        db.query(Presence).one().seen_at = utc_now().replace(year=2020)

    def is_deleted() -> bool:
        with database.reading() as db:
            return db.query(Presence).count() == 0

    worker = Worker(toolbox, lanes=("light",))
    serving = threading.Thread(target=worker.run_forever)
    serving.start()
    try:
        wait_until(is_deleted)
    finally:
        worker.stop()
        serving.join()


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_concurrent_reports_store_one_row_per_user(
    editor: EditorClient, client_of: ClientOf, database: Database
) -> None:
    cookie = editor.client.get_cookie("loike_session")
    assert cookie is not None
    windows = [editor.client.application.test_client() for _ in range(3)]
    for window in windows:
        window.set_cookie("loike_session", cookie.value)
    clients = [*windows, client_of("rob"), client_of("ben")]
    answers = run_concurrently(
        *(lambda c=c: c.post(presence_url(editor), json={"seg": editor.ids[1]}) for c in clients)
    )
    assert {a.status_code for a in answers} == {200}
    with database.reading() as db:
        assert db.query(Presence).count() == 3
