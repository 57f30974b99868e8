"""Transactions of a migration: a reading one and a writing one.

The writing one excludes every other migration, runs without foreign keys on SQLite and checks
them before the commit: an upgrade that fails or is killed changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, event, text

from archive.db import BUSY_TIMEOUT_MS, make_engine
from archive.storage_faults import sqlite_file
from archive.write_ahead_log import require_own_log

LOCK = 0x10173E  # an arbitrary number for the advisory lock
WAIT_MS = 600_000  # for another migration, which copies the whole file first


@contextmanager
def reading(database_url: str) -> Iterator[Connection | None]:
    """Open a connection that changes nothing, not even the journal of a foreign SQLite file.

    Yields None if there is no such file. Raises ForeignLog.
    """
    file = sqlite_file(database_url)
    if file is not None:
        if not file.exists():
            yield None
            return
        require_own_log(file)
    connect_args = {} if file is None else {"timeout": BUSY_TIMEOUT_MS / 1000}
    engine = create_engine(database_url, poolclass=NullPool, connect_args=connect_args)
    with engine.connect() as connection:
        yield connection


@contextmanager
def migrating(database_url: str) -> Iterator[Connection]:
    """Open one transaction for a whole upgrade, committed at the end of the block."""
    engine = make_engine(database_url, foreign_keys=False, creates=True)
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:
        event.listen(engine, "connect", _wait_for_another_migration)
    try:
        with engine.begin() as connection:
            if not is_sqlite:
                # Of two machines started together the second waits and has nothing to do.
                connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": LOCK})
            yield connection
            if is_sqlite:
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    raise RuntimeError(f"rows refer to nothing after the migration: {broken[:5]}")
    finally:
        engine.dispose()


def _wait_for_another_migration(connection: Any, _record: object) -> None:
    connection.execute(f"PRAGMA busy_timeout={WAIT_MS}")
