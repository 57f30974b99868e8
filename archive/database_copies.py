"""Copies of the whole database in one SQLite file, from both databases and back into both.

The copy is consistent: one snapshot, taken while others write. Of SQLite it is made by
`VACUUM INTO`, of PostgreSQL row by row from a REPEATABLE READ transaction, so that no tool of a
server is needed and an archive may move from one database to the other. Of `loaded` rows the
columns, instants, JSON and numbers are those of the models.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    NullPool,
    Table,
    bindparam,
    create_engine,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import OperationalError

from archive import migrations
from archive.db import Database, existing_file_uri, make_engine, make_private
from archive.models import Base
from archive.storage_faults import sqlite_file
from archive.write_ahead_log import require_own_log

BATCH_ROWS = 500
_OPERATIONS_PER_TICK = 1000

Tick = Callable[[], None]


class CopyDamaged(Exception):
    """A copy of the database that SQLite finds damaged; `detail` is its first finding."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class CopyIncomplete(Exception):
    """A table has another number of rows after loading."""


def write_copy(database: Database, file: Path, *, tick: Tick) -> None:
    """Write the database into a new SQLite file and check it. Raises CopyDamaged.

    `tick` is called now and then; what it raises ends the copying.
    """
    make_private(file)
    if database.name == "sqlite":
        _vacuum_into(database.url, file, tick)
    else:
        migrations.upgrade(file_url(file))
        with database.reading() as db, _filling(file_url(file)) as target:
            _copy_rows(db.connection(), target, tick)
        _leave_wal_mode(file)
    check_copy(file)


def check_copy(file: Path) -> None:
    """Check the pages, indexes and references of a copy. Raises CopyDamaged."""
    if not file.is_file():  # SQLite would create it
        raise CopyDamaged("the file is missing")
    with opened_copy(file) as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if found != "ok":
            raise CopyDamaged(str(found))
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise CopyDamaged(f"a row of {broken[0]} refers to a missing row of {broken[2]}")


@contextmanager
def opened_copy(file: Path) -> Iterator[Connection]:
    """Open a copy for reading, without a log beside it."""
    engine = create_engine(file_url(file), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def load_copy(file: Path, database_url: str, *, tick: Tick) -> None:
    """Create the tables of an empty database and load a copy of the newest revision.

    All rows in one transaction. Raises CopyIncomplete.
    """
    migrations.upgrade(database_url)
    with opened_copy(file) as source, _filling(database_url) as target:
        _copy_rows(source, target, tick)
        for table in Base.metadata.sorted_tables:
            counted = select(func.count()).select_from(table)
            if source.scalar(counted) != target.scalar(counted):
                raise CopyIncomplete(table.name)


def is_empty(database_url: str) -> bool:
    """Return whether a database has no tables of the archive, or no row in them."""
    revision = migrations.current_revision(database_url)
    if revision is None:
        return True
    if revision != migrations.newest_revision():
        return False
    engine = make_engine(database_url)
    try:
        with engine.connect() as connection:
            return all(
                connection.execute(select(table).limit(1)).first() is None
                for table in Base.metadata.sorted_tables
            )
    finally:
        engine.dispose()


def file_url(file: Path) -> str:
    """Return the URL of an SQLite file."""
    return URL.create("sqlite", database=str(file)).render_as_string()


def _vacuum_into(database_url: str, file: Path, tick: Tick) -> None:
    """Copy an SQLite database. Raises ForeignLog before SQLite would apply such a log."""
    source = sqlite_file(database_url)
    assert source is not None
    require_own_log(source)

    def connect() -> sqlite3.Connection:  # a missing file must not be created
        return sqlite3.connect(existing_file_uri(source), uri=True)

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    stopped: list[BaseException] = []

    def on_operations() -> int:
        try:
            tick()
        except BaseException as error:
            stopped.append(error)
        return len(stopped)  # anything but 0 interrupts the statement

    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(on_operations, _OPERATIONS_PER_TICK)
        try:
            connection.exec_driver_sql("VACUUM INTO ?", (str(file),))
        except OperationalError:
            if stopped:
                raise stopped[0] from None
            raise


@contextmanager
def _filling(database_url: str) -> Iterator[Connection]:
    """Open one writing transaction; on SQLite without foreign keys, which are checked later."""
    engine: Engine = make_engine(database_url, foreign_keys=False)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _leave_wal_mode(file: Path) -> None:
    engine = create_engine(file_url(file), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")


def _copy_rows(source: Connection, target: Connection, tick: Tick) -> None:
    """Insert all rows, parents before children, and set the numbers that come next."""
    for table in Base.metadata.sorted_tables:
        own_references = [
            column
            for column in table.columns
            if any(key.column.table is table for key in column.foreign_keys)
        ]
        links: list[dict[str, Any]] = []
        query = select(table).execution_options(yield_per=BATCH_ROWS)
        with source.execute(query) as rows:
            for batch in rows.mappings().partitions():
                values = [dict(row) for row in batch]
                # A row may refer to a later row of its table: references are set afterwards.
                links += [_take_references(table, own_references, row) for row in values]
                target.execute(insert(table), values)
                tick()
        _set_references(target, table, own_references, [link for link in links if link])
        _set_next_number(target, table)


def _take_references(
    table: Table, references: list[Column[Any]], row: dict[str, Any]
) -> dict[str, Any]:
    """Empty the references of a row to its table and return them with its key."""
    taken = {f"to_{c.name}": row[c.name] for c in references}
    if not any(value is not None for value in taken.values()):
        return {}
    row.update({c.name: None for c in references})
    return taken | {f"of_{key.name}": row[key.name] for key in table.primary_key}


def _set_references(
    target: Connection, table: Table, references: list[Column[Any]], links: list[dict[str, Any]]
) -> None:
    if not links:
        return
    statement = update(table).values({c.name: bindparam(f"to_{c.name}") for c in references})
    for key in table.primary_key:
        statement = statement.where(key == bindparam(f"of_{key.name}"))
    target.execute(statement, links)


def _set_next_number(target: Connection, table: Table) -> None:
    """Let PostgreSQL continue after the loaded numbers; SQLite does so by itself."""
    column = table.autoincrement_column
    if column is None or target.dialect.name != "postgresql":
        return
    highest = target.scalar(select(func.max(column)))
    if highest is not None:
        name = target.dialect.identifier_preparer.format_table(table)
        sequence = func.pg_get_serial_sequence(name, column.name)
        target.execute(select(func.setval(sequence, highest)))
