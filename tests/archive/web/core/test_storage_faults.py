"""Every route while the storage fails: a sentence with a code, never a bare error."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.archive.test_write_ahead_log import write_and_die
from tests.support.route_requests import send_request
from tests.support.route_table import rows
from tests.support.shared_archive import SharedArchive, build_shared_archive

Fault = Callable[[Settings], AbstractContextManager[None]]
# Without a route, in no language of pages, and the files that every page needs.
PLAIN_PATHS = (
    *("/", "/nosuch", "/api/v1/nosuch", "/en/nosuch", "/static/nosuch.css", "/media/nosuch"),
    *("/api/v1/uploads/nosuch", "/static/seal.svg", "/health"),
)


@contextmanager
def home_moved(settings: Settings) -> Iterator[None]:
    moved = settings.home.with_name("moved")
    settings.home.rename(moved)
    yield
    shutil.rmtree(settings.home, ignore_errors=True)
    moved.rename(settings.home)


@contextmanager
def file_missing(settings: Settings) -> Iterator[None]:
    file = settings.home / "archive.db"
    file.rename(file.with_name("aside.db"))
    yield
    file.with_name("aside.db").rename(file)


@contextmanager
def file_damaged(settings: Settings) -> Iterator[None]:
    file = settings.home / "archive.db"
    whole = file.read_bytes()
    with file.open("r+b") as written:
        written.write(b"\xff" * 4096)
    yield
    with file.open("r+b") as written:
        written.write(whole[:4096])


@contextmanager
def log_of_another_file(settings: Settings) -> Iterator[None]:
    file, log = settings.home / "archive.db", settings.home / "archive.db-wal"
    aside = file.with_name("aside.db")
    shutil.copyfile(file, aside)
    write_and_die(settings, 0, 2)
    content = log.read_bytes()
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM setting')"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)
    write_and_die(settings, 2, 2)
    shutil.copyfile(aside, file)
    assert log.read_bytes() != content
    yield
    for name in ("archive.db-wal", "archive.db-shm"):
        (settings.home / name).unlink()
    aside.replace(file)


FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "home-moved": (home_moved, {"database_moved"}),
    "file-missing": (file_missing, {"database_moved"}),
    "file-damaged": (file_damaged, {"database_damaged"}),
    "foreign-log": (log_of_another_file, {"foreign_log"}),
}


@pytest.fixture(scope="module")
def whole_archive(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[SharedArchive]:
    archive = build_shared_archive(tmp_path_factory.mktemp("faults"), empty_database)
    yield archive
    archive.tools.database.dispose()


@pytest.fixture(params=FAULTS)
def failing_archive(
    request: pytest.FixtureRequest, whole_archive: SharedArchive
) -> Iterator[tuple[SharedArchive, set[str]]]:
    """The archive served by an app that has not opened the database before the fault."""
    fault, codes = FAULTS[request.param]
    settings = whole_archive.tools.settings
    app: Flask = create_app(settings)
    app.config.update(WTF_CSRF_ENABLED=False)
    tools: Toolbox = app.extensions["loi_ke"]
    if "database_moved" in codes:
        with tools.database.reading() as db:
            db.connection()
        tools.database.dispose()
    whole_archive.tools.database.dispose()
    with fault(settings):
        yield replace(whole_archive, app=app, tools=tools), codes
        tools.database.dispose()


def require_sentence(response: TestResponse, codes: set[str], about: object) -> None:
    """Check that an error is a sentence of ours about the fault."""
    body = response.get_data(as_text=True)
    response.close()
    assert "Traceback" not in body, about
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    if response.status_code == 404:  # of an address without a route, which needs no database
        codes = {"not_found"}
    else:
        assert response.status_code == 503, (about, response.status_code, body[:500])
    if response.is_json:
        answer = response.get_json()
        assert answer["error"] in codes, about
        assert answer["message"].endswith("."), about
    else:
        assert "<h1>" in body, (about, body[:500])
        assert any(code in body for code in codes), (about, body)


def test_every_route_answers_a_storage_fault_by_a_sentence(
    failing_archive: tuple[SharedArchive, set[str]], caplog: pytest.LogCaptureFixture
) -> None:
    archive, codes = failing_archive
    failed = 0
    with caplog.at_level(logging.ERROR):
        for member in ("ada", None):
            for method, endpoint, about, _expected in rows():
                response = send_request(archive, method, endpoint, about, member)
                failed += response.status_code == 503
                if endpoint != "home.health":
                    require_sentence(response, codes, (method, endpoint, member))
            client = archive.client(member)
            for path in PLAIN_PATHS:
                for accept in ("text/html", "application/json"):
                    answer = client.get(path, headers={"Accept": accept})
                    if path not in ("/static/seal.svg", "/static/nosuch.css", "/health"):
                        require_sentence(answer, codes, (path, accept, member))
                    answer.close()
    assert failed > 60
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
