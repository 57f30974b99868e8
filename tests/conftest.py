"""Fixtures: a whole archive per test in a temporary folder, with signed-in members of the cast."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import coverage
import hypothesis
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session

from app import create_app, create_toolbox
from archive import file_modes, migrations
from archive.access import PUBLIC, Rights, rights_today
from archive.actions.accounts import accounts, passwords
from archive.db import Database
from archive.models import User
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.core.security import SESSION_COOKIE
from tests.support import postgres
from tests.support.cast import CAST, PASSWORD, session_of
from tests.support.rights import rights_of_machine

# An example may take as long as it takes: a limit would fail on a busy machine only.
hypothesis.settings.register_profile(
    "without_time_limits", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("without_time_limits")

HERE = Path(__file__).parent
# Tests of pages and commands run on SQLite; tests of the actions they call run on both.
ON_SQLITE_ONLY = ("web", "cli", "demo")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test in tests/archive that uses an archive on SQLite and on PostgreSQL."""
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


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return three workers for two cores: tests wait a third of their time for other processes."""
    return max(2, (os.cpu_count() or 2) * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first: one that begins last would leave the other workers idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, not _is_page_test(item)))


def _is_page_test(item: pytest.Item) -> bool:
    return item.path.is_relative_to(HERE / "browser")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure no coverage in page tests and in the PostgreSQL variants of actions and jobs.

    Others run the same lines, and tracing adds two fifths to the time of a test.
    """
    is_variant = item.get_closest_marker("postgresql") and item.path.parent != HERE / "archive"
    measured = coverage.Coverage.current() if is_variant or _is_page_test(item) else None
    if measured is None:
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over modules and tests, which live as long as the run.

    Measured: with the defaults it takes a quarter of the processor time of the suite.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Print skipped and deselected tests with their reasons in the last lines."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    skipped = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in reporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in skipped.most_common():
        reporter.write_line(f"left out: {count} × {reason}", yellow=True)
    if count := len(reporter.stats.get("deselected", [])):
        reporter.write_line(f"left out: {count} × not chosen on the command line", yellow=True)


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """Hash with argon2id at its smallest parameters: the suite signs in thousands of times."""
    patch = pytest.MonkeyPatch()
    patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None) -> Path:
    """Migrate an SQLite file once; it is copied for each test."""
    file = tmp_path_factory.mktemp("empty") / "archive.db"
    migrations.upgrade(f"sqlite:///{file}")
    database = Database(f"sqlite:///{file}")
    _add_cast(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return file


@pytest.fixture(scope="session")
def empty_postgres(cheap_passwords: None) -> Iterator[postgres.ResettableDatabase]:
    """Migrate a PostgreSQL database once; it is reset for each test."""
    with postgres.temporary_database() as url:
        migrations.upgrade(url)
        database = Database(url)
        _add_cast(database)
        database.dispose()
        resettable = postgres.ResettableDatabase(url)
        yield resettable
        resettable.close()


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """Return the kind of database of this test."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty archive's database with the cast's accounts, of this test only."""
    if backend == "postgresql":
        resettable: postgres.ResettableDatabase = request.getfixturevalue("empty_postgres")
        resettable.reset()
        return resettable.url
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
    made = Settings(home=home, database_url=database_url, poll_s=0.02, lease_s=60.0)
    file_modes.fix_permissions(made)
    return made


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates that one app has compiled, for the apps of the next tests."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(settings: Settings, compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    app = create_app(settings)
    app.jinja_env.bytecode_cache = compiled_templates
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    yield app
    app.extensions["loi_ke"].database.dispose()


@pytest.fixture
def toolbox(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Toolbox]:
    """The toolbox of the test's app; one without an app, which is quicker, if it has none."""
    if "app" in request.fixturenames:
        app: Flask = request.getfixturevalue("app")
        yield app.extensions["loi_ke"]
        return
    tools = create_toolbox(settings)
    yield tools
    tools.database.dispose()


@pytest.fixture
def database(toolbox: Toolbox) -> Database:
    return toolbox.database


@pytest.fixture
def db(database: Database) -> Iterator[Session]:
    """Open a writing session; a test commits it if other sessions must see its changes."""
    with database.writer() as session:
        yield session


@pytest.fixture
def rights_of(database: Database, settings: Settings) -> Callable[[str | None], Rights]:
    """Return a function that gives the rights of a member of the cast; None is the public."""

    def find(name: str | None) -> Rights:
        if name is None:
            return rights_today(PUBLIC, settings)
        with database.reading() as db:
            user = accounts.by_email(db, CAST[name].email)
            assert isinstance(user, User)
            return accounts.rights_of(db, user, settings)

    return find


@pytest.fixture
def client_of(app: Flask, database: Database) -> Callable[[str | None], FlaskClient]:
    """Return a function that opens a client of a member of the cast; None is not signed in."""

    def sign_in(name: str | None) -> FlaskClient:
        client = app.test_client()
        if name is not None:
            client.set_cookie(SESSION_COOKIE, session_of(database, name))
        return client

    return sign_in


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Create a temporary, empty PostgreSQL database."""
    with postgres.temporary_database() as url:
        yield url


def _add_cast(database: Database) -> None:
    with database.writing() as db:
        for member in CAST.values():
            accounts.add(
                db,
                rights_of_machine("test"),
                email=member.email,
                name=member.name,
                role=member.role,
                password=PASSWORD,
            )
