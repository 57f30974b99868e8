"""Upgrade a database to the current schema without losing data.

There is no downgrade. To return to an older program, restore the database from before the
upgrade: of SQLite a copy is made automatically (`archive.db.before-0003`), of PostgreSQL the
office keeps a dump. A downgrade that drops columns would delete the data written since.
"""

from __future__ import annotations

from contextlib import ExitStack

from alembic import command
from sqlalchemy import Connection, String, column, select, table

from archive.migrations.chains import (
    MIGRATIONS_FOLDER,
    configuration,
    configuration_before_release,
    list_revisions,
    newest_revision,
    revisions_before_release,
)
from archive.migrations.refusals import (
    DatabaseDiffers,
    DatabaseNewer,
    DatabaseUnknown,
    SafetyCopyFailed,
)
from archive.migrations.safety_copy import copy_before_migration
from archive.migrations.schema import VERSION_TABLE, table_names
from archive.migrations.squash import adopt_first_release
from archive.migrations.transaction import migrating, reading
from archive.storage_faults import sqlite_file

__all__ = [
    "MIGRATIONS_FOLDER",
    "DatabaseDiffers",
    "DatabaseNewer",
    "DatabaseUnknown",
    "SafetyCopyFailed",
    "configuration",
    "configuration_before_release",
    "current_revision",
    "list_revisions",
    "newest_revision",
    "require_known_revision",
    "revisions_before_release",
    "upgrade",
]

_REQUIRED_TABLES = {"interview", "event"}  # every revision has them


def current_revision(database_url: str) -> str | None:
    """Return the revision of a database; None if it is empty or missing.

    Raises DatabaseUnknown if it has tables and no revision.
    """
    with reading(database_url) as connection:
        return None if connection is None else _revision(connection)


def require_known_revision(database_url: str) -> None:
    """Raise DatabaseNewer or DatabaseUnknown if this program cannot work with the database."""
    _is_behind(current_revision(database_url))


def upgrade(database_url: str) -> bool:
    """Migrate if needed, after copying an SQLite file; return whether it migrated.

    Raises DatabaseNewer, DatabaseUnknown or DatabaseDiffers, and changes nothing, if this
    program cannot upgrade the database; SafetyCopyFailed without a whole copy.
    """
    file = sqlite_file(database_url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    if not _is_behind(current_revision(database_url)):
        return False
    with ExitStack() as rollback, migrating(database_url) as connection:
        before = _revision(connection)  # another process may have migrated meanwhile
        if not _is_behind(before):
            return False
        if before is not None and file is not None:
            copy = copy_before_migration(file, before)
            rollback.callback(copy.unlink, missing_ok=True)
        if before is not None and before in revisions_before_release():
            adopt_first_release(connection, database_url, before)
        command.upgrade(configuration(database_url, connection), "head")
        rollback.pop_all()
    return True


def _is_behind(revision: str | None) -> bool:
    if revision == newest_revision():
        return False
    if revision is not None and revision not in list_revisions():
        raise DatabaseNewer(revision=revision, known=newest_revision())
    return True


def _revision(connection: Connection) -> str | None:
    tables = table_names(connection)
    if not tables:
        return None
    if VERSION_TABLE not in tables:
        raise DatabaseUnknown(revisions=[])
    query = select(column("version_num", String)).select_from(table(VERSION_TABLE))
    stored = list(connection.scalars(query))
    # Other programs use Alembic too: an unknown revision need not be a newer one of this program.
    if len(stored) != 1 or not tables >= _REQUIRED_TABLES:
        raise DatabaseUnknown(revisions=stored)
    return stored[0]
