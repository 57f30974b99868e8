"""Copies of the database in one SQLite file: equal rows from and into both databases."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from archive import audit, database_copies, migrations
from archive.audit import chain
from archive.database_copies import CopyDamaged, file_url
from archive.db import Database
from archive.models import Event, Interview, MediaFile, Outbox, Place, Setting
from archive.models.base import new_id
from tests.migrations import filled_database
from tests.support import postgres
from tests.support.backups import all_rows
from tests.support.events import bare_event
from tests.support.rights import rights_of_machine

ODD_TEXTS = ["Hòa \u0110ức 𠮷 \U0001f3a7", "a'\"\\;--\n\tb", "\u200b", "", " x "]
ODD_JSON = {"b": [1, 2.5, 1e20, -0.0, None, True, ""], "a": {"ờ": "khoảng 1978"}, "": []}
INSTANT = datetime(1975, 4, 30, 23, 59, 59, 123456, tzinfo=UTC)


def ignore() -> None:
    pass


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "postgresql":
        with postgres.temporary_database() as url:
            yield url
    else:
        yield file_url(folder / f"{new_id()}.db")


def fill(url: str) -> None:
    """Fill every table with one row, and some with odd values and references to later rows."""
    migrations.upgrade(url)
    filled_database.fill(url)
    database = Database(url)
    with database.writing() as db:
        for number, words in enumerate(ODD_TEXTS):
            db.add(Setting(key=f"odd {number}", value=words))
        interview = Interview(accession="LK-1975", title=ODD_TEXTS[0], created_at=INSTANT)
        db.add(interview)
        db.flush()
        # More than one batch, of which the first refer to the last.
        first = [new_id() for _ in range(database_copies.BATCH_ROWS + 50)]
        random.Random(1975).shuffle(first)
        files = [
            {
                "id": key,
                "interview_id": interview.id,
                "role": "peaks",
                "file_group": "sound",
                "technical": ODD_JSON,
                "size_bytes": 2**40,
                "derived_from_id": None,
            }
            for key in first
        ]
        db.execute(insert(MediaFile.__table__), files)  # type: ignore[arg-type]
        last = max(first)
        db.query(MediaFile).filter(MediaFile.id.in_(first)).update({"derived_from_id": last})
        outer = Place(id="0" * 26, name="Sài Gòn", code="sg")
        db.add(outer)
        db.flush()
        chain.append(db, bare_event({"words": ODD_JSON}))
    database.dispose()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
@pytest.mark.postgresql
def test_copy_of_every_table_is_loaded_equal_into_both_databases(
    source: str, target: str, tmp_path: Path
) -> None:
    with new_database(source, tmp_path) as source_url, new_database(target, tmp_path) as url:
        fill(source_url)
        database = Database(source_url)
        copy = tmp_path / "copy.db"
        database_copies.write_copy(database, copy, tick=ignore)
        database.dispose()
        before = all_rows(source_url)
        assert {name for name, rows in before.items() if not rows} == set()
        assert not list(tmp_path.glob("copy.db-*"))
        assert copy.read_bytes()[18:20] == b"\x01\x01"  # one file, without a log
        assert database_copies.is_empty(url)
        database_copies.load_copy(copy, url, tick=ignore)
        assert all_rows(url) == before
        assert not database_copies.is_empty(url)
        assert migrations.current_revision(url) == migrations.newest_revision()
        assert_numbers_go_on(url)


def assert_numbers_go_on(url: str) -> None:
    """Assert that new rows of a loaded database get new numbers."""
    database = Database(url)
    with database.writing() as db:
        highest = db.query(Event).order_by(Event.number.desc()).first()
        assert highest is not None
        place = db.query(Place).first()
        assert place is not None
        event = audit.record(db, rights_of_machine("test").actor, "place.described", place)
        assert event.number > highest.number
        db.add(Outbox(interview_id=new_id(), reason="test"))
        db.flush()
    database.dispose()


def test_copy_is_one_snapshot_while_others_write(database: Database, tmp_path: Path) -> None:
    """Each writer moves an amount between two rows: no copy may see a half of it."""
    with database.writing() as db:
        db.add_all([Setting(key="a", value="1000"), Setting(key="b", value="0")])
    done = threading.Event()

    def write() -> None:
        count = 0
        while not done.is_set():
            count += 1
            with database.writing() as db:
                db.get_one(Setting, "a", with_for_update=True).value = str(1000 - count)
                db.get_one(Setting, "b", with_for_update=True).value = str(count)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            copy = tmp_path / f"{number}.db"
            database_copies.write_copy(database, copy, tick=ignore)
            with database_copies.opened_copy(copy) as connection:
                query = select(Setting.value).where(Setting.key.in_(["a", "b"]))
                assert sum(int(value) for value in connection.scalars(query)) == 1000
    finally:
        done.set()
        writer.join()


def test_tick_ends_the_copying_with_its_exception(database: Database, tmp_path: Path) -> None:
    with database.writing() as db:
        for number in range(300):
            db.add(Setting(key=f"{number}", value="x" * 20_000))

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        database_copies.write_copy(database, tmp_path / "copy.db", tick=stop)
    with database.writing() as db:
        db.execute(text("DELETE FROM setting"))  # no lock is left


@pytest.mark.sqlite_only
def test_damaged_database_is_not_copied(database: Database, tmp_path: Path) -> None:
    with database.writing() as db:
        db.add(Setting(key="x", value="x"))
    database.dispose()
    file = Path(str(database.engine.url.database))
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(
            "INSERT INTO place_succession (before_id, after_id) VALUES ('gone', 'gone')"
        )
    connection.close()
    with pytest.raises(CopyDamaged, match="place_succession"):
        database_copies.write_copy(Database(file_url(file)), tmp_path / "copy.db", tick=ignore)


def test_missing_copy_is_damaged_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(CopyDamaged):
        database_copies.check_copy(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
