"""The database: one engine, sessions for writing and sessions for reading.

SQLite loses updates in silence when the driver begins transactions by itself, so
every writing transaction here starts with BEGIN IMMEDIATE and readers, who never
wait for a writer in WAL mode, with a plain BEGIN on a connection that refuses writes.
Measured: docs/decisions/2026-11-23-the-database-is-the-queue.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

BUSY_TIMEOUT_MS = 30_000
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # an ingest that was acknowledged survives a power cut
    "foreign_keys=ON",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "cache_size=-65536",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",
)


def make_engine(url: str, *, foreign_keys: bool = True) -> Engine:
    """An engine with the measured settings; migrations ask for one without foreign keys.

    Alembic's batch mode drops and recreates a parent table on SQLite, and with
    foreign keys on that deletes the children.
    """
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    file = make_url(url).database

    @event.listens_for(engine, "do_connect")
    def _make_private(*_: object) -> None:
        if file and file != ":memory:":
            make_private(Path(file))

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not emit BEGIN itself
        for pragma in _PRAGMAS:
            if foreign_keys or not pragma.startswith("foreign_keys"):
                connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def make_private(file: Path) -> None:
    """Give SQLite an empty file that only its owner reads: hashes and closed words go into it.

    Its log files take the same rights. One that is there is not even opened: to close it
    again would drop the locks that this process holds on it.
    """
    with suppress(OSError):  # it is there, or SQLite says better why it cannot be
        file.touch(mode=0o600, exist_ok=False)


# What SQLite does for a reading transaction by itself, PostgreSQL must be told: one view
# of everything, and no writing.
_READING: dict[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


class Database:
    """Hands out sessions. Commit at the edge; an exception rolls back."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self._reading_engine = self.engine.execution_options(reading=True, **_READING[self.name])
        self._writers = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self._reading_engine, expire_on_commit=False)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that is committed at the end of the block."""
        with self._writers.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view of the whole block; the database refuses to change anything."""
        with self._readers() as session:
            yield session

    def writer(self) -> Session:
        """A session whose owner commits or rolls back and closes it: the web request."""
        return self._writers()

    def reader(self) -> Session:
        """A reading session whose owner closes it."""
        return self._readers()

    @property
    def name(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    def dispose(self) -> None:
        """Close every pooled connection: before a fork, and at the end of a test."""
        self.engine.dispose()
