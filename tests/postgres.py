"""Databases on a real PostgreSQL server, made for a test and dropped after it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from sqlalchemy import Engine, create_engine, select, text

from archive.models import Base

SERVER_URL = os.environ.get(
    "TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
)
# For a test about what SQLite has not: several writers at a time.
ON_POSTGRESQL = pytest.mark.parametrize(
    "backend", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@cache
def server() -> Engine | str:
    """The server, or why there is none; asked once."""
    engine = create_engine(
        SERVER_URL, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
    )
    try:
        with engine.connect():
            return engine
    except Exception as error:
        return f"no PostgreSQL answers at TEST_POSTGRES_URL ({type(error).__name__})"


@contextmanager
def throw_away() -> Iterator[str]:
    """The URL of a new, empty database.

    Leaves the test out when no server answers; fails it when REQUIRE_POSTGRES is set.
    """
    found = server()
    if isinstance(found, str):
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail(f"REQUIRE_POSTGRES is set and {found}")
        pytest.skip(found)
    name = f"loike_test_{uuid.uuid4().hex[:12]}"
    with found.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        # A power cut may cost a test its last commit.
        connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    try:
        yield found.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with found.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


class Emptied:
    """One database for many tests: before each it is put back as it was when this was made.

    Measured on a busy machine: 0.02 to 0.13 s, where a copy of a template database for
    each test took 1 to 2 s, most of it in DROP, which makes the server write everything out.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(url)
        with self._engine.begin() as connection:
            self._rows = {
                table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in Base.metadata.sorted_tables
            }

    def put_back(self) -> None:
        """Whoever still has the database open, such as a killed worker, is shown the door."""
        tables = Base.metadata.sorted_tables
        with self._engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            for table in reversed(tables):
                connection.execute(table.delete())
            for table in tables:
                if self._rows[table.name]:
                    connection.execute(table.insert(), self._rows[table.name])

    def close(self) -> None:
        """Give the connection back."""
        self._engine.dispose()
