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

from app import create_app
from archive import migrations
from archive.archive_moved import ArchiveMoved
from archive.db import Database
from archive.models import Interview, Job, MediaFile
from archive.models.base import new_id
from archive.queue import enqueue
from archive.settings import Settings, make_folders
from archive.toolbox import Toolbox
from tests.support.cli_runner import CliRunner
from tests.support.http_server import ROOT
from tests.support.worker_process import command, environment, wait_until

ON_SQLITE = pytest.mark.sqlite_only
ClientOf = Callable[[str | None], FlaskClient]


def run_flask(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
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


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("demo", "load"),
    ("demo", "remove"),
    ("ingest", "LK-1", str(ROOT / "README.md")),
    ("interview", "add", "--title", "Chuyện"),
    ("reindex",),
    ("search", "chợ"),
    ("derive",),
    ("fixity",),
    ("jobs",),
    ("user", "add", "a@a.test", "--name", "Ánh", "--role", "editor", "--password-stdin"),
    ("access", "explain", "LK-1"),
    ("transcribe", "LK-1"),
    ("doctor",),
)


@pytest.fixture
def folders(tmp_path: Path) -> Settings:
    """The folders of an archive without a database."""
    settings = Settings.from_env({"LOIKE_HOME": str(tmp_path / "new")})
    make_folders(settings)
    return settings


@ON_SQLITE
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_command_makes_no_database_in_the_place_of_a_lost_one(
    words: tuple[str, ...], folders: Settings
) -> None:
    runner = CliRunner(create_app(folders))
    for sentence in ("There is no archive in", "The files of an archive are here"):
        ended = runner.run(*words, stdin="một mật khẩu đủ dài\n" * 2)
        assert ended.exit_code in (1, 2)
        assert sentence in ended.output
        assert list(folders.home.glob("archive.db*")) == []
        (folders.derivatives_dir / new_id()).mkdir(exist_ok=True)


@ON_SQLITE
def test_copies_alone_are_files_of_a_lost_archive(folders: Settings) -> None:
    shutil.rmtree(folders.vault_dir)
    (folders.derivatives_dir / new_id()).mkdir()
    process = run_flask(folders, "init")
    assert process.returncode == 1
    assert process.stderr.endswith("[records_lost]\n"), process.stderr
    assert not (folders.home / "archive.db").exists()
    assert not folders.vault_dir.exists()


def test_home_whose_disk_is_away_is_neither_served_nor_filled(
    toolbox: Toolbox, settings: Settings
) -> None:
    """The database is on a server; on SQLite a link to the disk stands for it."""
    add_interview(toolbox.database)
    toolbox.database.dispose()
    settings.vault_dir.rename(settings.home / "away")
    for word in ("init", "serve"):
        process = run_flask(settings, word)
        assert process.returncode == 1, process.stdout
        assert process.stderr.endswith("[vault_missing]\n"), process.stderr
        assert not settings.vault_dir.exists()
    (settings.home / "away").rename(settings.vault_dir)
    toolbox.vault.receive(io.BytesIO(b"the only recording"))
    with toolbox.database.writing() as db:
        interview_id = db.scalars(select(Interview.id)).first()
        db.add(MediaFile(interview_id=interview_id, sha256="0" * 64, size_bytes=18))
    toolbox.database.dispose()
    settings.vault_dir.rename(settings.home / "away")
    settings.vault_dir.mkdir()  # the mount point
    refused = run_flask(settings, "serve")
    assert refused.stderr.endswith("[vault_missing]\n"), refused.stderr
    settings.vault_dir.rmdir()
    log = settings.home / "worker.log"
    with log.open("wb") as stream:
        worker = subprocess.Popen(
            command("worker"), cwd=ROOT, env=environment(settings), stderr=stream
        )
    try:
        wait_until(lambda: "[vault_missing]" in log.read_text())
        (settings.home / "away").rename(settings.vault_dir)
        add_job(toolbox.database)
        wait_until(lambda: states_of_jobs(toolbox.database) == {"done"})
    finally:
        worker.terminate()
        worker.wait()


def add_job(database: Database) -> None:
    with database.writing() as db:
        enqueue(db, "sweep")


def states_of_jobs(database: Database) -> set[str]:
    with database.reading() as db:
        return set(db.scalars(select(Job.state).where(Job.kind == "sweep")))


@ON_SQLITE
@pytest.mark.parametrize("there", ["a link to a missing disk", "a file"])
def test_vault_that_is_no_folder_is_a_sentence(there: str, folders: Settings) -> None:
    shutil.rmtree(folders.vault_dir)
    if there == "a file":
        folders.vault_dir.touch()
    else:
        folders.vault_dir.symlink_to(folders.home / "not mounted")
    process = run_flask(folders, "init")
    assert process.returncode == 1
    sentence = "Not a directory" if there == "a file" else "is its disk connected?"
    assert sentence in process.stderr
    assert "Traceback" not in process.stderr


@ON_SQLITE
@pytest.mark.parametrize("name", ["lost+found", ".DS_Store", "@eaDir", ".nfs0001"])
def test_entry_of_the_system_beside_copies_is_no_archive(name: str, folders: Settings) -> None:
    (folders.derivatives_dir / name).mkdir()
    made = run_flask(folders, "init")
    assert made.returncode == 0, made.stderr
