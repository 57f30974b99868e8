"""A full disk: every page is served, every refusal is a sentence, and work goes on afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from archive.db import Database
from archive.models import User
from tests.support.cast import CAST
from tests.support.route_requests import request_status, send_request
from tests.support.route_table import rows
from tests.support.shared_archive import SharedArchive, build_shared_archive
from tests.support.small_disk import delete, fill, mounted, use_up_inodes

ClientOf = Callable[[str | None], FlaskClient]
SAFE = ("GET", "HEAD", "OPTIONS")
MEMBERS = ("ada", "hoa", "sam", None)
COLUMN = {"ada": 0, "hoa": 2, "sam": 5, None: 6}
HOME = "http://localhost"


@pytest.fixture(scope="module")
def archive_on_small_disk(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[SharedArchive]:
    with mounted(tmp_path_factory.mktemp("disk") / "small", mib=24) as folder:
        archive = build_shared_archive(folder, empty_database)
        yield archive
        archive.tools.database.dispose()


@pytest.fixture(params=[fill, use_up_inodes], ids=["no-bytes", "no-inodes"])
def full_archive(
    request: pytest.FixtureRequest, archive_on_small_disk: SharedArchive
) -> Iterator[SharedArchive]:
    """The archive on a disk that is full until the end of the test."""
    archive = archive_on_small_disk
    archive.restore()
    with archive.tools.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # a log that is not truncated takes a few more pages
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    taken = request.param(archive.tools.settings.home)
    yield archive
    delete(taken)
    archive.restore()


def expect_507(method: str, endpoint: str) -> bool:
    """Return whether a request stores something, so that a full disk refuses it."""
    return method not in SAFE and endpoint in (
        *("interviews.create", "interviews.update", "people.create", "settings.save"),
        *("accounts.create", "accounts.save_profile", "index_points.add", "editing.save"),
        *("editing.apply_operations", "presence.report", "transcripts.import_transcript"),
        *("tus.create", "transcripts.start"),
    )


def test_full_disk_serves_every_page_and_refuses_by_a_sentence(
    full_archive: SharedArchive, request: pytest.FixtureRequest
) -> None:
    """Without inodes the open database still grows, so there a write may also succeed."""
    is_full = "no-bytes" in request.node.name
    refused = set()
    for method, endpoint, about, expected in rows():
        for member in MEMBERS if method in SAFE else ("ada",):
            response = send_request(full_archive, method, endpoint, about, member)
            status, body = response.status_code, response.get_data()
            response.close()
            usual = expected[COLUMN[member]]
            if endpoint == "home.health":
                assert (status, json.loads(body)["database"]) == (503, "disk_full")
                continue
            if status != usual:
                assert status == 507, (method, endpoint, member, status)
                assert method not in SAFE, (endpoint, member)
                if response.is_json:
                    answer = json.loads(body)
                    assert answer["error"] in ("disk_full", "no_space"), endpoint
                    assert "Ổ đĩa của kho đã đầy." in answer["message"], endpoint
                else:
                    assert b"The disk of the archive is full." in body, endpoint
                assert b"Traceback" not in body
                refused.add(endpoint)
            elif is_full:
                assert not (usual < 400 and expect_507(method, endpoint)), endpoint
            if not is_full and method not in SAFE and status < 400:
                full_archive.restore()
    assert len(refused) >= (15 if is_full else 1), refused


@pytest.mark.parametrize("full_archive", [fill], indirect=True, ids=["no-bytes"])
def test_form_sent_to_a_full_disk_comes_back_and_is_stored_afterwards(
    full_archive: SharedArchive,
) -> None:
    ada = full_archive.client("ada")
    typed = {"name": "Ada <đầy đủ>", "language": "en"}
    answer = ada.post("/en/profile", data=typed, headers={"Origin": HOME})
    assert answer.status_code == 507
    assert "What you typed is kept here" in answer.text
    assert "Ada &lt;đầy đủ&gt;" in answer.text
    for page in (answer, ada.get("/en/profile")):
        assert "Your account was changed." not in page.text  # flashed before the commit
    fields = re.findall(r'<textarea hidden name="(\w+)">', answer.text)
    assert sorted(fields) == ["language", "name"]
    vietnamese = ada.post("/vi/profile", data=typed, headers={"Origin": HOME})
    assert "Ổ đĩa của kho đã đầy." in vietnamese.text
    api = ada.post("/api/v1/transcripts/x/ops", json={"ops": []})
    assert api.status_code in (400, 404, 428)  # refused before anything is written
    delete([full_archive.tools.settings.home / "ballast"])
    assert ada.post("/en/profile", data=typed, headers={"Origin": HOME}).status_code == 303
    assert "Your account was changed." in ada.get("/en/profile").text
    with full_archive.tools.database.reading() as db:
        name = db.scalar(select(User.name).where(User.email == CAST["ada"].email))
    assert name == typed["name"]
    fill(full_archive.tools.settings.home)


def test_every_route_works_again_after_space_was_made(full_archive: SharedArchive) -> None:
    home = full_archive.tools.settings.home
    for method, endpoint, about, _expected in rows():
        if method not in SAFE:
            send_request(full_archive, method, endpoint, about, "ada").close()
    taken = [home / "ballast"] if (home / "ballast").exists() else sorted(home.glob("empty-*"))
    delete(taken)
    full_archive.restore()
    wrong = {
        (method, endpoint, member): status
        for method, endpoint, about, expected in rows()
        for member in ("ada", "hoa")
        if (status := request_status(full_archive, method, endpoint, about, member))
        != expected[COLUMN[member]]
    }
    for path in taken:
        path.touch()
    assert wrong == {}


@pytest.mark.sqlite_only
def test_database_that_may_not_grow_is_507_without_a_small_disk(
    client_of: ClientOf, database: Database
) -> None:
    """The limit of SQLite on its own file: the same error, on every machine."""
    cleo = client_of("cleo")
    with database.reading() as db:
        pages = db.connection().exec_driver_sql("PRAGMA page_count").scalar()
    database.dispose()

    @event.listens_for(database.engine, "connect")
    def _limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    written = {"name": "x" * 100, "language": "en"}
    answers = [
        cleo.post("/en/profile", data=written | {"name": "x" * 100 + str(number)})
        for number in range(40)
    ]
    full = [answer for answer in answers if answer.status_code != 303]
    assert full
    assert {answer.status_code for answer in full} == {507}
    assert "The disk of the archive is full." in full[0].text
    assert cleo.get("/en/profile").status_code == 200
