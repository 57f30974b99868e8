"""The copy of the database that a backup puts on the disk of the archive first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from archive import database_copies, migrations
from archive.access import Refused
from archive.database_copies import CopyDamaged
from archive.models import Event, MediaFile
from archive.storage_faults import sqlite_file
from archive.toolbox import Toolbox

BackupProgress = Callable[[float, str], None]
"""Called with the share done and the code of the stage."""


class BackupHomeFull(Refused):
    """The disk of the archive cannot hold a copy of the database: `needed_bytes`, `free_bytes`."""

    code = "backup_home_full"


class BackupDatabaseDamaged(Refused):
    """The database of the archive is damaged, so that no copy of it would be good: `detail`."""

    code = "backup_database_damaged"


@dataclass(frozen=True, kw_only=True)
class DatabaseSnapshot:
    """The copied database, with its first event and its originals."""

    file: Path
    archive: str
    revision: str
    originals: dict[str, int]  # size by SHA-256


def first_event(toolbox: Toolbox) -> str:
    """Return the id of an archive: that of its first event, empty before there is one."""
    with toolbox.database.reading() as db:
        return db.scalar(select(Event.id).order_by(Event.number).limit(1)) or ""


def take_snapshot(toolbox: Toolbox, file: Path, on_progress: BackupProgress) -> DatabaseSnapshot:
    """Copy the database to a file on the disk of the archive.

    Raises BackupDatabaseDamaged, BackupHomeFull.
    """
    on_progress(0.0, "copying_database")
    _require_space(toolbox, file.parent)
    try:
        database_copies.write_copy(
            toolbox.database, file, tick=lambda: on_progress(0.0, "copying_database")
        )
    except CopyDamaged as error:
        raise BackupDatabaseDamaged(detail=error.detail) from error
    originals = (
        select(MediaFile.sha256, func.max(MediaFile.size_bytes))
        .where(MediaFile.role == "original", MediaFile.sha256 != "")
        .group_by(MediaFile.sha256)
        .order_by(MediaFile.sha256)
    )
    with database_copies.opened_copy(file) as connection:
        first = connection.scalar(select(Event.id).order_by(Event.number).limit(1))
        sizes = {sha256: size for sha256, size in connection.execute(originals)}
    return DatabaseSnapshot(
        file=file,
        archive=first or "",
        revision=migrations.current_revision(database_copies.file_url(file)) or "",
        originals=sizes,
    )


def _require_space(toolbox: Toolbox, folder: Path) -> None:
    """Raise BackupHomeFull unless a copy of an SQLite database fits beside it."""
    file = sqlite_file(toolbox.settings.database_url)
    if file is None:
        return
    needed, free = file.stat().st_size, toolbox.disk.free_bytes(folder)
    if needed > free:
        raise BackupHomeFull(needed_bytes=needed, free_bytes=free)
