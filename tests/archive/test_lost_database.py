"""A home that moves while it is served, a database that is lost, and odd names of homes."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import make_url, select

from archive import migrations
from archive.archive_moved import ArchiveMoved
from archive.db import Database
from archive.models import Interview
from archive.models.base import new_id
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support.http_server import ROOT
from tests.support.worker_process import command, environment

ON_SQLITE = pytest.mark.sqlite_only
ClientOf = Callable[[str | None], FlaskClient]


def run_flask(settings: Settings, word: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(word),
        cwd=ROOT,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def add_interview(database: Database) -> str:
    with database.writing() as db:
        interview = Interview(accession=new_id(), title="Chuyện")
        db.add(interview)
        db.flush()
        return interview.id


def ids_in(database: Database) -> set[str]:
    with database.reading() as db:
        return set(db.scalars(select(Interview.id)))


@pytest.mark.parametrize("name", ["a?b", "a%20b", "50%", "a#b", "nhà kho", "a&b=c;d"])
def test_database_lies_in_a_home_of_any_name(name: str, tmp_path: Path) -> None:
    home = tmp_path / name
    settings = Settings.from_env({"LOIKE_HOME": str(home)})
    assert make_url(settings.database_url).database == str(home / "archive.db")
    made = run_flask(settings, "init")
    assert made.returncode == 0, made.stderr
    assert (home / "archive.db").stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert migrations.current_revision(settings.database_url) == migrations.newest_revision()


@ON_SQLITE
@pytest.mark.parametrize("then", ["nothing", "an empty folder", "an older copy"])
def test_writing_stops_when_the_home_is_moved(
    then: str, toolbox: Toolbox, settings: Settings, client_of: ClientOf
) -> None:
    client, database, home = client_of("ada"), toolbox.database, settings.home
    moved = home.with_name("moved")
    if then == "an older copy":
        shutil.copytree(home, home.with_name("older"))
    kept = add_interview(database)
    home.rename(moved)
    if then == "an empty folder":
        home.mkdir()
    elif then == "an older copy":
        home.with_name("older").rename(home)
    there = sorted(path.name for path in home.glob("*"))
    with pytest.raises(ArchiveMoved):
        add_interview(database)
    database.dispose()  # new connections do not open or create another file either
    with pytest.raises(ArchiveMoved):
        add_interview(database)
    page = client.get("/en/interviews")
    assert page.status_code == 503
    assert "The folder or the database of the archive was moved" in page.get_data(as_text=True)
    assert client.post("/api/v1/transcripts/x/ops").get_json()["error"] == "database_moved"
    assert sorted(path.name for path in home.glob("*")) == there
    shutil.rmtree(home, ignore_errors=True)
    moved.rename(home)
    assert kept in ids_in(database)


@ON_SQLITE
@pytest.mark.parametrize("lost", ["missing", "empty", "without rows"])
def test_init_serve_and_worker_refuse_originals_without_records(
    lost: str, toolbox: Toolbox, settings: Settings
) -> None:
    toolbox.vault.receive(io.BytesIO(b"the only recording"))
    toolbox.database.dispose()
    file = settings.home / "archive.db"
    for log in settings.home.glob("archive.db-*"):
        log.unlink()
    file.unlink()
    if lost == "empty":
        file.touch()
    elif lost == "without rows":
        migrations.upgrade(settings.database_url)
    for word in ("init", "serve", "worker"):
        process = run_flask(settings, word)
        assert process.returncode == 1, process.stdout
        assert process.stderr.endswith("[records_lost]\n"), process.stderr
        assert "Put the last copy of the database back, or restore" in process.stderr
    assert file.exists() == (lost != "missing")
    if lost == "empty":
        assert file.stat().st_size == 0
