"""Copy an SQLite database before a migration.

The copy is written under another name, compared with the database, synced and only then
renamed: a file `archive.db.before-0003` is always a whole copy.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, create_engine, func, select, table, text
from sqlalchemy.exc import DBAPIError

from archive.db import make_private
from archive.migrations.refusals import SafetyCopyFailed
from archive.migrations.schema import read_schema, table_names

log = logging.getLogger(__name__)

UNFINISHED = ".new"


def copy_before_migration(file: Path, revision: str) -> Path:
    """Copy the database to `archive.db.before-0003` and return that path.

    An older copy is kept; the new one then ends in `-2`. Call it under the lock of the
    migration, so that nothing changes between the copy and the migration. Raises
    SafetyCopyFailed, and leaves no file.
    """
    copy = _free_name(file, revision)
    unfinished = copy.with_name(copy.name + UNFINISHED)
    try:
        _delete_unfinished(file)
        _write_copy(file, unfinished)
        _require_equal(file, unfinished)
        _set_owner(unfinished, file.stat())
        _sync(unfinished)
        unfinished.rename(copy)
        _sync(copy.parent)
    except (DBAPIError, OSError) as error:
        raise SafetyCopyFailed(reason=_reason(error)) from error
    finally:
        with contextlib.suppress(OSError):
            _delete_unfinished(file)
    log.info("the database before the migration was kept as %s", copy.name)
    return copy


def _write_copy(file: Path, target: Path) -> None:
    # SQLite would create the copy with the permissions of the umask, but accepts an empty file.
    make_private(target)
    with _open(file) as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(target),))


def _require_equal(file: Path, copy: Path) -> None:
    """Raise SafetyCopyFailed unless the copy is intact and has every table and row."""
    with _open(file) as original, _open(copy) as copied:
        damage = copied.scalars(text("PRAGMA integrity_check")).all()
        if damage != ["ok"]:
            raise SafetyCopyFailed(reason=str(damage[0]))
        if read_schema(copied) != read_schema(original):
            raise SafetyCopyFailed(reason="the tables differ")
        if _count_rows(copied) != _count_rows(original):
            raise SafetyCopyFailed(reason="rows are missing")


def _count_rows(connection: Connection) -> dict[str, int | None]:
    return {
        name: connection.scalar(select(func.count()).select_from(table(name)))
        for name in table_names(connection)
    }


def _set_owner(copy: Path, original: os.stat_result) -> None:
    """Give the copy the owner of the database, and no more rights than its owner has."""
    os.chmod(copy, stat.S_IMODE(original.st_mode) & 0o600)
    if os.geteuid() == 0:  # the account of the archive must be able to restore it
        os.chown(copy, original.st_uid, original.st_gid)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _open(file: Path) -> Iterator[Connection]:
    engine = create_engine(
        URL.create("sqlite", database=str(file)), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection


def _delete_unfinished(file: Path) -> None:
    """Delete what killed migrations left, with the journal that SQLite would apply to a new file.

    The caller holds the lock, so none is being written.
    """
    for left in file.parent.glob(f"{file.name}.before-*{UNFINISHED}*"):
        left.unlink(missing_ok=True)


def _free_name(file: Path, revision: str) -> Path:
    first = file.with_name(f"{file.name}.before-{revision}")
    others = (first.with_name(f"{first.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain((first,), others) if not path.exists())


def _reason(error: DBAPIError | OSError) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error.strerror
    return str(cause or error).splitlines()[0]
