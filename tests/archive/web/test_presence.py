"""What a hostile or hasty page may say about where its person is."""

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
from tests import spoken
from tests.archive.web.editing_desk import Desk, all_at_once
from tests.workers import until

ClientOf = Callable[[str | None], FlaskClient]


@pytest.fixture
def desk(database: Database, client_of: ClientOf) -> Desk:
    client = client_of("cleo")
    with database.writing() as db:
        version = spoken.version(db, spoken.interview(db))
        return Desk(client, version.id, [s.id for s in version.segments])


def address(desk: Desk) -> str:
    return f"/api/v1/transcripts/{desk.version}/presence"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "body"), ([], "body"), ({"seg": 5}, "seg"), ({"seg": "../x"}, "seg"),
        ({"seg": "\ud800"}, "seg"), ({"seg": "a" * 50_000}, "seg"), ({"typing": "yes"}, "typing"),
        ({"typing": 1}, "typing"), ({"typing": None}, "typing"), ({"seg": {}}, "seg"),
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused(desk: Desk, body: Any, field: str) -> None:
    answer = desk.client.post(address(desk), json=body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field)
    assert desk.client.get(address(desk)).get_json() == {"rev": 1, "others": []}


def test_a_place_that_does_not_exist_is_nowhere(desk: Desk, client_of: ClientOf) -> None:
    rob = client_of("rob")
    assert rob.post(address(desk), json={"seg": new_id()}).status_code == 200
    [there] = desk.client.get(address(desk)).get_json()["others"]
    assert (there["name"], there["seg"], there["typing"]) == ("Rob", None, False)


def test_the_worker_wipes_out_the_last_one_who_went(
    desk: Desk, database: Database, toolbox: Toolbox
) -> None:
    desk.client.post(address(desk), json={"seg": desk.ids[0]})
    with database.writing() as db:
        db.query(Presence).one().seen_at = utc_now().replace(year=2020)

    def is_forgotten() -> bool:
        with database.reading() as db:
            return db.query(Presence).count() == 0

    worker = Worker(toolbox, lanes=("light",))
    serving = threading.Thread(target=worker.run_forever)
    serving.start()
    try:
        until(is_forgotten)
    finally:
        worker.stop()
        serving.join()


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_windows_of_one_person_and_of_others_at_once_are_a_row_for_each(
    desk: Desk, client_of: ClientOf, database: Database
) -> None:
    cookie = desk.client.get_cookie("loike_session")
    assert cookie is not None
    windows = [desk.client.application.test_client() for _ in range(3)]
    for window in windows:
        window.set_cookie("loike_session", cookie.value)
    clients = [*windows, client_of("rob"), client_of("ben")]
    answers = all_at_once(
        *(lambda c=c: c.post(address(desk), json={"seg": desk.ids[1]}) for c in clients)
    )
    assert {a.status_code for a in answers} == {200}
    with database.reading() as db:
        assert db.query(Presence).count() == 3
