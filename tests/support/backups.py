"""Back up and restore archives of tests, and compare what is in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import create_toolbox
from archive import database_copies
from archive.actions.holdings import local_ingest
from archive.actions.office import backup, backup_folder, restore
from archive.actions.office.backup import BackupOptions, BackupResult
from archive.actions.office.backup_folder import BackupFolder
from archive.actions.office.restore import RestoreOptions, RestoreResult
from archive.db import make_engine
from archive.models import Base
from archive.settings import Settings
from archive.toolbox import Toolbox
from media.file_copies import CopyFolder
from tests.support import media_factory, postgres
from tests.support.rights import rights_of_machine

# What a restore changes: its event, its jobs, its setting, and closed sessions.
CHANGED = ("event", "event_chain", "job", "setting", "sign_in_session", "presence", "outbox")


MACHINE = "test"


def ignore(_share: float, _stage: str) -> None:
    pass


def back_up(toolbox: Toolbox, target: Path, **options: Any) -> BackupResult:
    folder: BackupFolder | None = options.pop("folder", None)
    return backup.back_up(
        toolbox,
        rights_of_machine(MACHINE),
        target,
        options=BackupOptions(**options),
        on_progress=ignore,
        folder=folder,
    )


def folder_with(target: Path, **options: Any) -> BackupFolder:
    return BackupFolder(target, files=CopyFolder(target, **options))


def ingest(toolbox: Toolbox, folder: Path, *, count: int = 2, accession: str = "LK-1") -> list[str]:
    """Add an interview with originals; return their digests."""
    media_factory.add_interview(toolbox.database, accession)
    found = []
    for number in range(count):
        file = media_factory.write_wav(
            folder, hertz=100 * len(accession) + 10 * number, name=f"{accession}-{number}.wav"
        )
        rights = rights_of_machine(MACHINE)
        found.append(local_ingest.ingest_file(toolbox, rights, accession, path=file).sha256)
    return found


def object_file(target: Path, sha256: str) -> Path:
    return target / "objects/sha256" / sha256[:2] / sha256[2:4] / sha256


def assert_good(target: Path, *, copies: int | None = None) -> None:
    """Assert that each finished copy has exactly the files of its manifest."""
    folder = BackupFolder(target)
    if copies is not None:
        assert len(folder.copies()) == copies
    for name in folder.copies():
        manifest = folder.manifest(name)
        for file, facts in manifest.files.items():
            content = backup_folder.read_bytes(folder, folder.file_name(name, file))
            assert hashlib.sha256(content).hexdigest() == facts.sha256
            assert len(content) == facts.size_bytes
        for item in manifest.objects:
            assert folder.files.size(item.name) == item.size_bytes
            content = backup_folder.read_bytes(folder, item.name)
            assert hashlib.sha256(content).hexdigest() == item.sha256


@contextmanager
def empty_archive(kind: str, home: Path) -> Iterator[Toolbox]:
    """Give a home that does not exist yet and an empty database."""
    if kind == "postgresql":
        with postgres.temporary_database() as url:
            tools = create_toolbox(Settings(home=home, database_url=url, poll_s=0.02))
            yield tools
            tools.database.dispose()
    else:
        url = f"sqlite:///{home / 'archive.db'}"
        tools = create_toolbox(Settings(home=home, database_url=url, poll_s=0.02))
        yield tools
        tools.database.dispose()


def restore_into(empty: Toolbox, source: Path, **options: Any) -> RestoreResult:
    empty.settings.home.mkdir(exist_ok=True)
    return restore.restore(
        empty,
        rights_of_machine("test"),
        source,
        options=RestoreOptions(**options),
        on_progress=ignore,
    )


def rows_without(url: str, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    return {name: rows for name, rows in all_rows(url).items() if name not in tables}


def checkpoint(file: Path) -> None:
    engine = make_engine(database_copies.file_url(file))
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def replace_database(target: Path, file: Path) -> None:
    """Let the newest copy of a backup have this database."""
    folder = BackupFolder(target)
    name = folder.copies()[0]
    copied = folder.write_file(file, folder.file_name(name, "archive.db"), on_bytes=lambda _n: None)
    path = target / "copies" / name / "manifest.json"
    manifest = json.loads(path.read_bytes())
    manifest["files"]["archive.db"] = {"size_bytes": copied.size_bytes, "sha256": copied.sha256}
    path.write_text(json.dumps(manifest))


def all_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, as the models read them."""
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
    engine.dispose()
    return found
