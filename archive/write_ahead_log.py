"""Check that the write-ahead log beside an SQLite file belongs to that file.

After a kill the log holds the last commits, and SQLite applies it to whatever file lies beside
it. A copy put in the place of the database would be damaged, or an old log mixed into it.

Every commit of this program changes page 1: `PRAGMA application_id` gets a random number, and
`PRAGMA user_version` the random number of the commit before. So the file must be what the log
begins with, or what a part of the log has already made of it. Why and measured:
docs/decisions/2026-11-30-a-log-belongs-to-its-file.md. Format: sqlite.org/fileformat.
"""

from __future__ import annotations

import os
import secrets
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archive.archive_moved import Identity, identity_of

_LOG_HEADER = struct.Struct(">8I")  # magic, version, page size, sequence, salts, checksums
_FRAME_HEADER = struct.Struct(">6I")  # page, size after the commit, salts, checksums
_MAGIC = (0x377F0682, 0x377F0683)
_HIGHEST_NUMBER = 0x7FFFFFFF  # both are signed numbers of 32 bits
_CHANGES, _PREVIOUS, _OWN = 24, 60, 68  # SQLite's count of changes, user_version, application_id
_SECTOR_BYTES = 512  # the least that a disk writes at once
_MOST_READINGS = 10
# A descriptor of a database file is kept while SQLite has the file open: closing any of them
# drops the locks that SQLite holds in this process, and another process would take the database
# for unused.
_guard = threading.Lock()
_descriptors: dict[Identity, int] = {}
_connections: Counter[Identity] = Counter()


class ForeignLog(Exception):
    """The log beside the database was written for another file. `log` is its path."""

    code = "foreign_log"

    def __init__(self, log: Path) -> None:
        super().__init__(f"{log} was written for another file")
        self.log = log


def mark_commit(connection: Any) -> None:
    """Change page 1 in the open transaction of an `sqlite3` connection.

    The first commit has no number before it and goes on counting, as all commits of programs
    before this one did.
    """
    [previous] = connection.execute("PRAGMA application_id").fetchone()
    if previous == 0:
        [count] = connection.execute("PRAGMA user_version").fetchone()
        previous = (count + 1) & _HIGHEST_NUMBER
    connection.execute(f"PRAGMA user_version={previous}")
    connection.execute(f"PRAGMA application_id={1 + secrets.randbelow(_HIGHEST_NUMBER)}")


def connection_opened(file: Identity) -> None:
    """Note that SQLite has one more connection to a file; before its first statement."""
    with _guard:
        _connections[file] += 1


def connection_closes(file: Identity) -> None:
    """Note that SQLite is about to close a connection to a file."""
    with _guard:
        _connections[file] -= 1


def close_unused(file: Identity) -> None:
    """Close the descriptor of a file to which SQLite has no connection in this process."""
    with _guard:
        if _connections[file] <= 0:
            _connections.pop(file, None)
            if file in _descriptors:
                os.close(_descriptors.pop(file))


def require_own_log(file: Path) -> None:
    """Raise ForeignLog if a log with commits lies beside `file` and belongs to another file.

    Also where the file is missing or empty: SQLite would delete the log with the last commits.
    Reads a few bytes of each page in the log and changes nothing.
    """
    file = file.resolve()  # SQLite puts the log beside the file that a link leads to
    try:
        _compare(file)
    finally:
        if (identity := identity_of(file)) is not None:
            close_unused(identity)


def _compare(file: Path) -> None:
    for _ in range(_MOST_READINGS):
        before = _log_start(file), _first_page(file)
        log, page = before
        if log is None:
            return
        frames = list(_first_pages_in(file, log))
        # Other processes may write meanwhile: only an unchanged pair can be compared.
        if (_log_start(file), _first_page(file)) == before:
            if frames and (page is None or not _belongs(page, frames)):
                raise ForeignLog(_log_path(file))
            return


def _belongs(page: bytes, frames: list[bytes]) -> bool:
    if page[18:20] != b"\x02\x02":
        return False  # a file without a log of its own: a copy made by VACUUM INTO
    # A part of the log was written back before the kill. A power cut may tear the page in two.
    if any(page[:_SECTOR_BYTES] == frame[:_SECTOR_BYTES] for frame in frames):
        return True
    first = frames[0]
    if _steps(page, first, _CHANGES) > 1:
        return False
    if _number(page, _OWN) not in (0, _number(first, _OWN)):
        return _number(first, _PREVIOUS) == _number(page, _OWN)
    # By a program before this one, which counted its commits, or by another such as the shell of
    # SQLite, which changes neither of the numbers.
    return _steps(page, first, _PREVIOUS) <= 1


def _steps(page: bytes, later: bytes, offset: int) -> int:
    return (_number(later, offset) - _number(page, offset)) & _HIGHEST_NUMBER


def _number(page: bytes, offset: int) -> int:
    return int.from_bytes(page[offset : offset + 4], "big")


def _log_path(file: Path) -> Path:
    return file.with_name(f"{file.name}-wal")


def _log_start(file: Path) -> bytes | None:
    """Return the header of the log, or None if there is no log with pages."""
    try:
        with _log_path(file).open("rb") as log:
            header = log.read(_LOG_HEADER.size)
            is_filled = log.read(1) != b""
    except FileNotFoundError:
        return None
    if len(header) < _LOG_HEADER.size or not is_filled:
        return None
    return header if _LOG_HEADER.unpack(header)[0] in _MAGIC else None


def _first_page(file: Path) -> bytes | None:
    """Return the largest possible first page of the database; None if it is empty or missing."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    key = status.st_dev, status.st_ino
    with _guard:
        if key not in _descriptors:
            _descriptors[key] = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(_descriptors[key], 65536, 0) or None


def _first_pages_in(file: Path, header: bytes) -> Iterator[bytes]:
    """Yield every state of page 1 in the log, oldest first.

    Frames behind the last one of this log, left of an earlier log, have other salts.
    """
    _magic, _version, page_size, _sequence, *salts, _one, _two = _LOG_HEADER.unpack(header)
    descriptor = os.open(_log_path(file), os.O_RDONLY | os.O_CLOEXEC)
    try:
        offset = _LOG_HEADER.size
        while len(start := os.pread(descriptor, _FRAME_HEADER.size, offset)) == _FRAME_HEADER.size:
            number, _size, *found, _one, _two = _FRAME_HEADER.unpack(start)
            if found != salts:
                return
            if number == 1:
                page = os.pread(descriptor, page_size, offset + _FRAME_HEADER.size)
                if len(page) == page_size:
                    yield page
            offset += _FRAME_HEADER.size + page_size
    finally:
        os.close(descriptor)
