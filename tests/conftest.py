"""A whole archive per test: its home in a temporary folder, its cast signed in by a real cookie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from archive import migrations
from archive.access import Actor, machine
from archive.actions import accounts
from archive.db import Database
from archive.models import User
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.security import SESSION_COOKIE
from tests import postgres
from tests.cast import CAST, PASSWORD, session_of

HERE = Path(__file__).parent
# Pages and commands are tried on SQLite; what they call is tried on both databases.
ON_SQLITE_ONLY = ("web", "cli", "demo")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What lies in tests/archive and asks for an archive is run on SQLite and on PostgreSQL."""
    folders = metafunc.definition.path.relative_to(HERE).parts
    if "backend" not in metafunc.fixturenames or folders[0] != "archive":
        return
    if metafunc.definition.get_closest_marker("sqlite_only"):
        return
    if any(mark.args[0] == "backend" for mark in metafunc.definition.iter_markers("parametrize")):
        return
    if folders[1] not in ON_SQLITE_ONLY:
        both = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))
        metafunc.parametrize("backend", both, indirect=True)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Name what was left out, and why, in the very last lines."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    left_out = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in reporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in left_out.most_common():
        reporter.write_line(f"left out: {count} × {reason}", yellow=True)
    if count := len(reporter.stats.get("deselected", [])):
        reporter.write_line(f"left out: {count} × not chosen on the command line", yellow=True)


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """The real argon2id with its smallest parameters: the suite signs in thousands of times."""
    patch = pytest.MonkeyPatch()
    patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """An SQLite file that was migrated once and is copied for each test."""
    file = tmp_path_factory.mktemp("empty") / "archive.db"
    migrations.upgrade(f"sqlite:///{file}")
    database = Database(f"sqlite:///{file}")
    _let_in_the_cast(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return file


@pytest.fixture(scope="session")
def empty_postgres(cheap_passwords: None) -> Iterator[postgres.Emptied]:
    """A PostgreSQL database that was migrated once and is put back for each test."""
    with postgres.throw_away() as url:
        migrations.upgrade(url)
        database = Database(url)
        _let_in_the_cast(database)
        database.dispose()
        emptied = postgres.Emptied(url)
        yield emptied
        emptied.close()


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database of this test."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty archive's database with the cast's accounts, of this test only."""
    if backend == "postgresql":
        emptied: postgres.Emptied = request.getfixturevalue("empty_postgres")
        emptied.put_back()
        return emptied.url
    home = tmp_path / "home"
    home.mkdir()
    empty: Path = request.getfixturevalue("empty_database")
    (home / "archive.db").write_bytes(empty.read_bytes())
    return f"sqlite:///{home / 'archive.db'}"


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """A home with an empty archive and the cast's accounts; jobs are polled fast."""
    home = tmp_path / "home"
    for folder in ("vault/parts", "derivatives", "index", "models"):
        (home / folder).mkdir(parents=True)
    return Settings(home=home, database_url=database_url, poll_s=0.02, lease_s=6.0)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    yield app
    app.extensions["loi_ke"].database.dispose()


@pytest.fixture
def toolbox(app: Flask) -> Toolbox:
    tools: Toolbox = app.extensions["loi_ke"]
    return tools


@pytest.fixture
def database(toolbox: Toolbox) -> Database:
    return toolbox.database


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    """A writing session that the test commits itself when others must see its work."""
    with database.writer() as session:
        yield session


@pytest.fixture
def actor_of(database: Database, settings: Settings) -> Callable[[str | None], Actor]:
    """The actor of a member of the cast; None is the public."""

    def find(name: str | None) -> Actor:
        if name is None:
            return Actor(public_states=settings.public_states)
        with database.reading() as db:
            user = accounts.by_email(db, CAST[name].email)
            assert isinstance(user, User)
            return accounts.actor_of(user, settings)

    return find


@pytest.fixture
def client_of(app: Flask, database: Database) -> Callable[[str | None], FlaskClient]:
    """A browser of a member of the cast; None is not signed in."""

    def sign_in(name: str | None) -> FlaskClient:
        client = app.test_client()
        if name is not None:
            client.set_cookie(SESSION_COOKIE, session_of(database, name))
        return client

    return sign_in


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A throw-away, empty database on a real server."""
    with postgres.throw_away() as url:
        yield url


def _let_in_the_cast(database: Database) -> None:
    with database.writing() as db:
        for member in CAST.values():
            accounts.add(
                db, machine("test"), email=member.email, name=member.name,
                role=member.role, password=PASSWORD,
            )  # fmt: skip
