"""The database: one engine, writing sessions and read-only sessions.

SQLite silently loses updates if the driver begins transactions itself, so writing
transactions start with BEGIN IMMEDIATE. Readers, which never wait for a writer in WAL
mode, start with BEGIN on a connection that refuses writes.
Measured: docs/decisions/2026-11-23-the-database-is-the-queue.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from archive.archive_moved import ArchiveMoved, Home, Identity, identity_of
from archive.write_ahead_log import (
    close_unused,
    connection_closes,
    connection_opened,
    mark_commit,
    require_own_log,
)

BUSY_TIMEOUT_MS = 30_000
FEW_CONNECTIONS = 8  # a command or a migration
SPARE_CONNECTIONS = 4
POOL_TIMEOUT_S = 10.0  # longer than a user waits for a page
_CHANGES = "changes_at_begin"
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # an ingest that was acknowledged survives a power cut
    "foreign_keys=ON",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "cache_size=-65536",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",
)


def make_engine(
    url: str,
    *,
    foreign_keys: bool = True,
    connections: int = FEW_CONNECTIONS,
    creates: bool = False,
) -> Engine:
    """Create an engine with the measured settings; migrations need one without foreign keys.

    Alembic's batch mode drops and recreates a parent table on SQLite, and with
    foreign keys on that deletes the children. `connections` is how many may be open at once.
    A missing SQLite file is created only with `creates`: an empty one in the place of a lost
    database would look like a new archive.
    """
    # One connection per web thread, and a few more for other threads of the process.
    pool: dict[str, Any] = {
        "pool_size": connections,
        "max_overflow": SPARE_CONNECTIONS,
        "pool_timeout": POOL_TIMEOUT_S,
        "pool_use_lifo": True,  # rarely used connections keep small caches
    }
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, **pool)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, **pool)
    _use_file(engine, _OpenedFile(make_url(url).database, creates=creates), foreign_keys)
    return engine


def _use_file(engine: Engine, file: _OpenedFile, foreign_keys: bool) -> None:
    """Let an engine connect to one SQLite file, with our transactions and pragmas."""

    @event.listens_for(engine, "do_connect")
    def _before_connecting(
        _dialect: object, _record: object, args: list[Any], options: dict[str, Any]
    ) -> None:
        file.before_connecting()
        if file.path is not None:
            args[0], options["uri"] = existing_file_uri(file.path), True

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        file.connection_opened()
        connection.isolation_level = None  # the driver must not emit BEGIN itself
        try:
            for pragma in _PRAGMAS:
                if foreign_keys or not pragma.startswith("foreign_keys"):
                    connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            file.connection_closes()
            raise

    @event.listens_for(engine, "close")
    def _before_closing(_connection: Any, _record: Any) -> None:
        file.connection_closes()

    @event.listens_for(engine, "engine_disposed")
    def _after_disposing(_engine: Engine) -> None:
        file.close_unused()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        file.require_unmoved()
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
        connection.info[_CHANGES] = _raw(connection).total_changes

    @event.listens_for(engine, "commit")
    def _before_commit(connection: Connection) -> None:
        raw = _raw(connection)
        if raw.in_transaction and raw.total_changes != connection.info.get(_CHANGES):
            mark_commit(raw)


def _raw(connection: Connection) -> Any:
    """Return the `sqlite3` connection."""
    return connection.connection.driver_connection


def existing_file_uri(file: Path) -> str:
    """Return the URI by which SQLite opens a file for writing, and creates none."""
    return f"{file.absolute().as_uri()}?mode=rw"


def make_private(file: Path) -> None:
    """Create an empty database file with mode 0600; its log files inherit the mode.

    An existing file is not opened: closing it would drop the locks of this process.
    """
    with suppress(OSError):  # it exists, or SQLite reports the error more precisely
        file.touch(mode=0o600, exist_ok=False)


# PostgreSQL needs options for what SQLite does by itself: one snapshot and no writing.
_READING: dict[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


class _OpenedFile:
    """The file that an engine opened first; every later connection and transaction needs it."""

    def __init__(self, name: str | None, *, creates: bool) -> None:
        self.path = Path(name) if name and name != ":memory:" else None
        self._creates = creates
        self._identity: Identity | None = None

    def before_connecting(self) -> None:
        """Remember the file at the first connection; create a missing one with mode 0600 if it may.

        Raises ForeignLog before SQLite applies a log that belongs to another file.
        """
        if self.path is None:
            return
        if self._identity is None:
            require_own_log(self.path)  # before a new file: SQLite deletes the log of an empty one
            if self._creates:
                make_private(self.path)
            self._identity = identity_of(self.path)
        self.require_unmoved()

    def connection_opened(self) -> None:
        """Keep what the check of the log opened: closing it would drop locks of SQLite."""
        if self._identity is not None:
            connection_opened(self._identity)

    def connection_closes(self) -> None:
        """Count one connection less."""
        if self._identity is not None:
            connection_closes(self._identity)

    def close_unused(self) -> None:
        """Close what the check of the log opened, unless a connection is left."""
        if self._identity is not None:
            close_unused(self._identity)

    def require_unmoved(self) -> None:
        """Raise ArchiveMoved if the path leads to another file or to none."""
        if self.path is not None and identity_of(self.path) != self._identity:
            raise ArchiveMoved(f"{self.path} is not the file that was opened")


class Database:
    """Creates sessions. The caller at the edge commits; an exception rolls back."""

    def __init__(
        self, url: str, *, connections: int = FEW_CONNECTIONS, home: Home | None = None
    ) -> None:
        self.url = url
        self.engine = make_engine(url, connections=connections)
        if home is not None:
            # Without its files an archive would take every original for missing.
            event.listen(self.engine, "begin", lambda _connection: home.require_unmoved())
        self._reading_engine = self.engine.execution_options(reading=True, **_READING[self.name])
        self._writers = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self._reading_engine, expire_on_commit=False)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session whose transaction is committed at the end of the block."""
        with self._writers.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a read-only session with one snapshot for the whole block."""
        with self._readers() as session:
            yield session

    def writer(self) -> Session:
        """Return a writing session; the caller (the web request) commits and closes it."""
        return self._writers()

    def reader(self) -> Session:
        """Return a read-only session; the caller closes it."""
        return self._readers()

    @property
    def name(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    def dispose(self) -> None:
        """Close every pooled connection, before a fork or at the end of a test."""
        self.engine.dispose()
