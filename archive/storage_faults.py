"""Find out why the database or the disk failed, so that the advice fits the cause.

SQLite reports a full disk, a foreign file and a read-only disk by the same few codes, so the
file itself is looked at as well. Nothing is written.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from archive.archive_moved import ArchiveMoved
from archive.write_ahead_log import ForeignLog
from media.disk import is_full, lacks_inodes

StorageFault = Literal[
    "database_moved",
    "foreign_log",
    "database_busy",
    "disk_full",
    "disk_read_only",
    "database_other_account",
    "database_not_writable",
    "database_damaged",
    "database_missing",
]

# The database is down or damaged, its connection was cut, no connection of the pool came free in
# time, or its file is not the one that was opened. PostgreSQL reports a missing column, as after
# an upgrade by a newer program, as ProgrammingError.
DATABASE_FAILURES = (DatabaseError, InterfaceError, NoConnection, ArchiveMoved, ForeignLog)

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
# Codes by which SQLite reports that a file cannot be opened, created, enlarged or written.
_UNUSABLE = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_PERM", "SQLITE_FULL")
LEAST_FREE_BYTES = 64 * 1024  # SQLite's shared memory file alone needs half of it
_SQLITE_FILES = ("", "-wal", "-shm")


def is_disk_full(error: BaseException, database_url: str) -> bool:
    """Return whether an operation failed for lack of disk space or inodes."""
    return fault_of(error, database_url) == "disk_full"


def is_database_lost(error: BaseException, database_url: str) -> bool:
    """Return whether the cause of an error is the database, and not the query."""
    return isinstance(error, DATABASE_FAILURES) and fault_of(error, database_url) is not None


def fault_of(error: BaseException, database_url: str) -> StorageFault | None:
    """Return the fault that caused an error, or None for any other cause.

    `database_busy` is a database that does not answer without a cause that could be named.
    """
    for cause in _causes(error):
        if isinstance(cause, ArchiveMoved):
            return "database_moved"
        if isinstance(cause, ForeignLog):
            return "foreign_log"
        if is_full(cause) or getattr(cause, "sqlstate", None) == "53100":
            return "disk_full"
        if isinstance(cause, OSError) and cause.errno == errno.EROFS:
            return "disk_read_only"
        if isinstance(cause, PermissionError) and _is_of_database(cause.filename, database_url):
            return fault_of_files(database_url)
        name = str(getattr(cause, "sqlite_errorname", ""))
        if name == "SQLITE_FULL":
            return "disk_full"
        if name.startswith(_DAMAGED):
            return "database_damaged"
        if name.startswith(_UNUSABLE) and (fault := fault_of_files(database_url)):
            return fault
    return "database_busy" if _is_unanswered(error) else None


def fault_of_files(database_url: str) -> StorageFault | None:
    """Return why the files of an SQLite database cannot be used, or None if they can."""
    file = sqlite_file(database_url)
    if file is None:
        return None
    if not file.parent.is_dir():
        return "database_missing"
    try:
        status = os.statvfs(file.parent)
        if status.f_flag & os.ST_RDONLY:
            return "disk_read_only"
        refused = unwritable_files(database_url)
        if any(path.stat().st_uid != os.geteuid() for path in refused):
            return "database_other_account"
    except PermissionError:
        return "database_other_account"
    if refused:
        return "database_not_writable"
    if status.f_bavail * status.f_frsize < LEAST_FREE_BYTES or lacks_inodes(status):
        return "disk_full"
    return None if file.exists() else "database_missing"


def unwritable_files(database_url: str) -> list[Path]:
    """Return the files of an SQLite database, and its folder, that cannot be written."""
    file = sqlite_file(database_url)
    if file is None:
        return []
    files = [file.with_name(file.name + suffix) for suffix in _SQLITE_FILES]
    return [path for path in (*files, file.parent) if path.exists() and not _is_writable(path)]


def sqlite_file(database_url: str) -> Path | None:
    """Return the file of an SQLite database; None for a database on a server."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database)
    return None


def _is_unanswered(error: BaseException) -> bool:
    if isinstance(error, NoConnection):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # SQLite reports a missing table or column by the same class.
    return (
        isinstance(error, OperationalError | InterfaceError)
        and getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    )


def _is_of_database(name: object, database_url: str) -> bool:
    file = sqlite_file(database_url)
    return file is not None and isinstance(name, str | Path) and str(name).startswith(str(file))


def _is_writable(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it: SQLAlchemy and Flask wrap the original one."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, DBAPIError):
            waiting.append(cause.orig)
        waiting += [getattr(cause, "original_exception", None), cause.__cause__, cause.__context__]
