"""Databases on a real PostgreSQL server, made for a test and dropped after it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

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
def throw_away(template: str = "") -> Iterator[str]:
    """The URL of a new database, empty or a copy of `template`, which nobody may have open.

    Leaves the test out when no server answers; fails it when REQUIRE_POSTGRES is set.
    A copy costs about a tenth of a second, and nothing leaks from one test into the next.
    """
    found = server()
    if isinstance(found, str):
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail(f"REQUIRE_POSTGRES is set and {found}")
        pytest.skip(found)
    name = f"loike_test_{uuid.uuid4().hex[:12]}"
    source = f' TEMPLATE "{make_url(template).database}"' if template else ""
    with found.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"{source}'))
    try:
        yield found.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with found.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
