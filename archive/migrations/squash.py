"""Adopt archives from before the release: migrate, compare the schema, set the revision."""

from __future__ import annotations

from collections.abc import Callable

from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, NullPool, create_engine, text

from archive.migrations import first_release
from archive.migrations.chains import (
    FIRST_RELEASE,
    LAST_BEFORE_RELEASE,
    configuration,
    configuration_before_release,
)
from archive.migrations.refusals import DatabaseDiffers
from archive.migrations.schema import read_schema


def adopt_first_release(connection: Connection, database_url: str, revision: str) -> None:
    """Apply the missing old revisions and set the revision of the first release.

    Raises DatabaseDiffers if the tables are not those of the old revision, or if the old
    revisions do not lead to those of the first release.
    """

    def apply_revisions(database: Connection, to: str) -> None:
        command.upgrade(configuration_before_release(database_url, database), to)

    if revision != LAST_BEFORE_RELEASE:
        # Old revisions on altered tables would fail with a database error, or succeed in part.
        _require_schema(connection, revision, lambda scratch: apply_revisions(scratch, revision))
        apply_revisions(connection, LAST_BEFORE_RELEASE)
    _require_schema(connection, revision, _create_first_release)
    # `purge`: the chain that begins with the release lacks the present revision.
    command.stamp(configuration(database_url, connection), FIRST_RELEASE, purge=True)


def _require_schema(
    connection: Connection, revision: str, create: Callable[[Connection], None]
) -> None:
    actual, expected = read_schema(connection), _schema_created_by(create, connection)
    if actual != expected:
        raise DatabaseDiffers(
            revision, missing=sorted(expected - actual), unexpected=sorted(actual - expected)
        )


def _schema_created_by(
    create: Callable[[Connection], None], connection: Connection
) -> frozenset[str]:
    """Create tables temporarily and return their schema: in memory, or as temporary tables."""
    if connection.dialect.name == "sqlite":
        engine = create_engine("sqlite://", poolclass=NullPool)
        with engine.connect() as scratch:
            create(scratch)
            return read_schema(scratch)
    with connection.begin_nested() as savepoint:
        connection.execute(text("SET LOCAL search_path TO pg_temp"))
        create(connection)
        schema = read_schema(connection)
        savepoint.rollback()
    return schema


def _create_first_release(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        first_release.create_tables()
