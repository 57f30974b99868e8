"""Archives from before the first release: migrated, compared and adopted, or refused."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from archive import migrations
from archive.migrations.chains import FIRST_RELEASE, LAST_BEFORE_RELEASE
from archive.migrations.schema import read_schema, table_parts
from archive.migrations.transaction import migrating, reading
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    ON_SQLITE,
    assert_rows_kept,
    change,
    fill,
    reflect_tables,
    upgrade_to,
)
from tests.support import postgres

ROOT = Path(__file__).parents[2]
OLD = migrations.revisions_before_release()
FROM_EACH = pytest.mark.parametrize("before", OLD)

# One change to the schema: statement, the missing line, the unexpected line.
INDEX = ("DROP INDEX ix_segment_reading", "segment: CREATE INDEX ix_segment_reading", None)
PARTIAL = ("DROP INDEX uq_job_queued", "job: CREATE UNIQUE INDEX uq_job_queued", None)
COLUMN = ("ALTER TABLE person ADD COLUMN mood VARCHAR", None, "person: mood")
TABLE = ("CREATE TABLE notes (id INTEGER)", None, "notes: ")
SPEAKER_KEY = (
    "fk_segment_contribution_id_contribution FOREIGN KEY(contribution_id)"
    " REFERENCES contribution (id)"
)
VIEW = ("CREATE VIEW names AS SELECT full_name FROM person", None, "names: ")


def schema(url: str) -> frozenset[str]:
    with reading(url) as connection:
        assert connection is not None
        return read_schema(connection)


def edit_sqlite_schema(url: str, old: str, new: str) -> None:
    """Change the text of a table in place, as a careful administrator would by a rebuild."""
    database = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    database.executescript("PRAGMA writable_schema=ON")
    changed = database.execute(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE instr(sql, ?)", (old, new, old)
    )
    assert changed.rowcount == 1
    database.executescript("PRAGMA writable_schema=RESET")
    database.close()


def refusal(url: str) -> migrations.DatabaseDiffers:
    """Upgrade, which must be refused, and check that nothing was changed."""
    filled, before, revision = fill(url), schema(url), migrations.current_revision(url)
    with pytest.raises(migrations.DatabaseDiffers) as refused:
        migrations.upgrade(url)
    assert refused.value.facts["revision"] == migrations.current_revision(url) == revision
    assert schema(url) == before
    assert_rows_kept(filled, url)
    return refused.value


def assert_named(found: list[str], expected: str | None) -> None:
    assert bool(found) == (expected is not None), found
    assert all(line.startswith(str(expected)) for line in found)


@ON_BOTH_DATABASES
def test_first_release_makes_the_tables_of_the_old_chain(
    url: str, kind: str, tmp_path: Path
) -> None:
    upgrade_to(url, FIRST_RELEASE)
    made = schema(url)
    assert len(made) > 400
    if kind == "sqlite":
        old = f"sqlite:///{tmp_path / 'old.db'}"
        upgrade_to(old, LAST_BEFORE_RELEASE)
        assert schema(old) == made
        return
    with postgres.temporary_database() as old:
        upgrade_to(old, LAST_BEFORE_RELEASE)
        assert schema(old) == made


@ON_BOTH_DATABASES
@FROM_EACH
def test_upgrade_from_each_old_revision_keeps_every_row(url: str, before: str) -> None:
    upgrade_to(url, before)
    filled = fill(url)
    assert len(filled) >= 25
    assert migrations.upgrade(url) is True
    assert migrations.current_revision(url) == migrations.newest_revision()
    assert_rows_kept(filled, url)
    assert migrations.upgrade(url) is False


@ON_BOTH_DATABASES
@pytest.mark.parametrize(
    ("statement", "missing", "unexpected"),
    [INDEX, PARTIAL, COLUMN, TABLE, VIEW],
    ids=["index", "partial_index", "column", "table", "view"],
)
def test_upgrade_of_altered_tables_is_refused(
    url: str, statement: str, missing: str | None, unexpected: str | None
) -> None:
    upgrade_to(url, LAST_BEFORE_RELEASE)
    change(url, statement)
    facts = refusal(url).facts
    assert_named(facts["missing"], missing)
    assert_named(facts["unexpected"], unexpected)


@ON_SQLITE
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{SPEAKER_KEY} ON DELETE RESTRICT", f"{SPEAKER_KEY} ON DELETE SET NULL"),
        ("full_name VARCHAR NOT NULL", "full_name VARCHAR"),
        ("full_name VARCHAR NOT NULL", "full_name VARCHAR COLLATE NOCASE NOT NULL"),
        ("biography VARCHAR NOT NULL", "biography VARCHAR DEFAULT 'x' NOT NULL"),
        ("biography VARCHAR NOT NULL", "biography VARCHAR NOT NULL CHECK (biography != '')"),
    ],
    ids=["on_delete", "nullable", "collation", "default", "check"],
)
def test_upgrade_of_altered_sqlite_text_is_refused(url: str, old: str, new: str) -> None:
    upgrade_to(url, LAST_BEFORE_RELEASE)
    edit_sqlite_schema(url, old, new)
    facts = refusal(url).facts
    assert len(facts["missing"]) == len(facts["unexpected"]) == 1


@pytest.mark.parametrize("kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)])
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE segment DROP CONSTRAINT fk_segment_contribution_id_contribution,"
        " ADD CONSTRAINT fk_segment_contribution_id_contribution FOREIGN KEY (contribution_id)"
        " REFERENCES contribution (id) ON DELETE SET NULL",
        "ALTER TABLE person ALTER COLUMN full_name DROP NOT NULL",
        'ALTER TABLE person ALTER COLUMN sort_key TYPE VARCHAR COLLATE "default"',
        "ALTER TABLE person ALTER COLUMN biography SET DEFAULT 'x'",
        "ALTER TABLE person ALTER COLUMN biography TYPE VARCHAR(200)",
        "ALTER TABLE \"user\" ADD CONSTRAINT ck_user_email CHECK (email <> '')",
        'ALTER TABLE "user" DROP CONSTRAINT uq_user_email',
        "ALTER TABLE outbox SET UNLOGGED",
    ],
    ids=["on_delete", "nullable", "collation", "default", "type", "check", "unique", "unlogged"],
)
def test_upgrade_of_altered_postgresql_tables_is_refused(url: str, statement: str) -> None:
    upgrade_to(url, LAST_BEFORE_RELEASE)
    change(url, statement)
    facts = refusal(url).facts
    assert facts["missing"] or facts["unexpected"]


@ON_BOTH_DATABASES
@pytest.mark.parametrize(
    ("statement", "missing", "unexpected"),
    [
        (
            "ALTER TABLE contribution ADD COLUMN removed_at INTEGER",
            None,
            "contribution: removed_at",
        ),
        ("DROP TABLE presence", "presence: ", None),
        ("DROP INDEX ix_segment_version_id", "segment: CREATE INDEX ix_segment_version_id", None),
    ],
    ids=["column_of_0004", "table", "index"],
)
def test_upgrade_of_altered_older_tables_is_refused(
    url: str, statement: str, missing: str | None, unexpected: str | None
) -> None:
    """Refused before the old steps, of which some cannot be taken on such tables."""
    upgrade_to(url, "0003")
    change(url, statement)
    facts = refusal(url).facts
    assert_named(facts["missing"], missing)
    assert_named(facts["unexpected"], unexpected)


@ON_BOTH_DATABASES
def test_comparison_leaves_no_trace(url: str) -> None:
    upgrade_to(url, "0002")
    migrations.upgrade(url)
    with migrating(url) as connection:
        if connection.dialect.name == "postgresql":
            query = "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"
            assert connection.exec_driver_sql(query).scalar_one() == 0
    assert len(reflect_tables(url).tables) == 32


@ON_SQLITE
def test_refused_upgrade_leaves_no_copy_and_the_next_one_makes_its_own(
    url: str, tmp_path: Path
) -> None:
    """A copy from the time of the refusal would lack data written since."""
    upgrade_to(url, "0003")
    change(url, "CREATE TABLE notes (id INTEGER)")
    with pytest.raises(migrations.DatabaseDiffers):
        migrations.upgrade(url)
    assert list(tmp_path.glob("*.before-*")) == []
    change(url, "DROP TABLE notes")
    filled = fill(url)
    migrations.upgrade(url)
    assert_rows_kept(filled, f"sqlite:///{tmp_path / 'archive.db.before-0003'}")


@ON_SQLITE
def test_copy_of_an_earlier_upgrade_is_kept(url: str, tmp_path: Path) -> None:
    (tmp_path / "archive.db.before-0003").write_bytes(b"an earlier copy")
    upgrade_to(url, "0003")
    filled = fill(url)
    migrations.upgrade(url)
    assert (tmp_path / "archive.db.before-0003").read_bytes() == b"an earlier copy"
    assert_rows_kept(filled, f"sqlite:///{tmp_path / 'archive.db.before-0003-2'}")


KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event
from archive import migrations
left = int(sys.argv[2])
def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(Engine, "after_cursor_execute", count)
if left < 0:
    event.listen(Engine, "commit", lambda _: os.kill(os.getpid(), signal.SIGKILL))
migrations.upgrade(sys.argv[1])
"""


@ON_BOTH_DATABASES
@pytest.mark.parametrize("statements", [10, 40, 90, -1])
def test_killed_upgrade_leaves_the_old_archive(url: str, statements: int) -> None:
    """Killed after so many statements; -1 is at the commit, after the last of them."""
    upgrade_to(url, "0003")
    filled, before = fill(url), schema(url)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, str(statements)], cwd=ROOT, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert migrations.current_revision(url) == "0003"
    assert schema(url) == before
    assert_rows_kept(filled, url)
    assert migrations.upgrade(url) is True
    assert migrations.current_revision(url) == migrations.newest_revision()
    assert_rows_kept(filled, url)


def test_table_parts_ignore_whitespace_and_quotes() -> None:
    plain = (
        "CREATE TABLE a (id INTEGER NOT NULL, word VARCHAR(9) DEFAULT 'x, (y', PRIMARY KEY (id))"
    )
    other = (
        "CREATE TABLE \"a\" (\n\tid INTEGER NOT NULL, \n\tword VARCHAR(9) DEFAULT 'x, (y',"
        ' \n\tPRIMARY KEY ("id")\n)'
    )
    parts = table_parts(plain)
    assert parts == table_parts(other)
    assert parts == [
        "id INTEGER NOT NULL",
        "word VARCHAR(9) DEFAULT 'x, (y'",
        "PRIMARY KEY (id)",
        "CREATE TABLE a",
    ]
    assert table_parts(plain + " STRICT")[-1] == "CREATE TABLE a STRICT"
