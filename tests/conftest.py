"""A whole archive per test: its home in a temporary folder, its cast signed in by a real cookie."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
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
from tests.cast import CAST, PASSWORD

POSTGRES_URL = os.environ.get(
    "TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """The real argon2id with its smallest parameters: the suite signs in thousands of times."""
    patch = pytest.MonkeyPatch()
    patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield
    patch.undo()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file that was migrated once and is copied for each test."""
    file = tmp_path_factory.mktemp("empty") / "archive.db"
    migrations.upgrade(f"sqlite:///{file}")
    database = Database(f"sqlite:///{file}")
    with database.writing() as db:
        for member in CAST.values():
            accounts.add(
                db, machine("test"), email=member.email, name=member.name,
                role=member.role, password=PASSWORD,
            )  # fmt: skip
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return file


@pytest.fixture
def settings(tmp_path: Path, empty_database: Path) -> Settings:
    """A home with an empty archive and the cast's accounts; jobs are polled fast."""
    home = tmp_path / "home"
    for folder in ("vault/parts", "derivatives", "index", "models"):
        (home / folder).mkdir(parents=True)
    (home / "archive.db").write_bytes(empty_database.read_bytes())
    return Settings(
        home=home, database_url=f"sqlite:///{home / 'archive.db'}", poll_s=0.02, lease_s=6.0
    )


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
            with database.writing() as db:
                entered = accounts.sign_in(
                    db, email=CAST[name].email, password=PASSWORD, address=f"test-{name}"
                )
            client.set_cookie(SESSION_COOKIE, entered.token)
        return client

    return sign_in


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A throw-away database on a real server; left out, with the reason, when none answers."""
    server = create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT")
    name = f"loike_test_{uuid.uuid4().hex[:12]}"
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except Exception as error:
        if os.environ.get("REQUIRE_POSTGRES"):
            raise
        pytest.skip(f"no PostgreSQL answers at TEST_POSTGRES_URL: {type(error).__name__}")
    yield server.url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()
