"""Migrations: an empty database, revisions that rebuild tables, copies, newer databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import make_url

from archive import migrations
from archive.db import Database
from archive.models import Base
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    ON_SQLITE,
    assert_rows_kept,
    change,
    fill,
    reflect_tables,
    rows,
    upgrade_to,
)
from tests.migrations.synthetic_revision import add_revision

REVISIONS = migrations.list_revisions()


@ON_BOTH_DATABASES
def test_upgrade_of_an_empty_database_creates_the_tables_of_the_models(url: str) -> None:
    assert migrations.upgrade(url) is True
    database = Database(url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.dispose()
    assert migrations.current_revision(url) == migrations.newest_revision() == REVISIONS[-1]


@ON_BOTH_DATABASES
def test_upgrade_twice_changes_nothing(url: str) -> None:
    migrations.upgrade(url)
    filled = fill(url)
    assert migrations.upgrade(url) is False
    assert_rows_kept(filled, url)


REBUILD = """
    with op.batch_alter_table("interview") as batch:
        batch.alter_column("abstract", existing_type=sa.String(), nullable=True)
        batch.add_column(sa.Column("mood", sa.String(), nullable=False, server_default="calm"))
    with op.batch_alter_table("transcript_version") as batch:
        batch.alter_column("note", existing_type=sa.String(), nullable=True)
"""


ORPHANS = """
    op.add_column("collection", sa.Column("mood", sa.String()))
    op.execute("DELETE FROM person")
"""


def upgrade_with(folder: Path, url: str) -> None:
    config = migrations.configuration(url)
    config.set_main_option("script_location", str(folder))
    command.upgrade(config, "head")


@ON_BOTH_DATABASES
def test_rebuild_of_a_parent_table_keeps_its_child_rows(url: str, tmp_path: Path) -> None:
    """Measured: with foreign keys on, SQLite deletes every child row without an error."""
    migrations.upgrade(url)
    filled = fill(url)
    upgrade_with(add_revision(tmp_path, REBUILD), url)
    assert migrations.current_revision(url) == "9999"
    assert_rows_kept(filled, url)
    [row] = rows(reflect_tables(url).tables["interview"], url)
    assert row["mood"] == "calm"


@ON_BOTH_DATABASES
def test_revision_that_leaves_orphans_is_rolled_back(url: str, tmp_path: Path) -> None:
    migrations.upgrade(url)
    filled = fill(url)
    with pytest.raises(Exception, match=r"rows refer to nothing|violates foreign key"):
        upgrade_with(add_revision(tmp_path, ORPHANS), url)
    assert migrations.current_revision(url) == REVISIONS[-1]
    assert_rows_kept(filled, url)
    assert "mood" not in reflect_tables(url).tables["collection"].columns


def test_revisions_have_no_downgrade() -> None:
    """`archive/migrations` documents the restore of the copy instead."""
    for path in migrations.MIGRATIONS_FOLDER.rglob("versions/*.py"):
        assert "def downgrade" not in path.read_text("utf-8"), path.name


@ON_SQLITE
def test_upgrade_makes_a_valid_copy_of_the_old_database(url: str, tmp_path: Path) -> None:
    upgrade_to(url, REVISIONS[0])
    filled = fill(url)
    migrations.upgrade(url)
    copy = Path(f"{make_url(url).database}.before-{REVISIONS[0]}")
    assert migrations.current_revision(f"sqlite:///{copy}") == REVISIONS[0]
    assert_rows_kept(filled, f"sqlite:///{copy}")
    assert sorted(path.name for path in tmp_path.glob("*.before-*")) == [copy.name]


@ON_SQLITE
def test_database_and_its_copies_are_readable_by_their_owner_only(url: str, tmp_path: Path) -> None:
    upgrade_to(url, REVISIONS[0])
    fill(url)
    migrations.upgrade(url)
    files = list(tmp_path.glob("*.db*"))
    assert len(files) >= 2, "the database and its copy"
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


@ON_BOTH_DATABASES
def test_upgrade_of_a_newer_database_is_refused(url: str) -> None:
    migrations.upgrade(url)
    filled = fill(url)
    change(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(migrations.DatabaseNewer):
        migrations.upgrade(url)
    assert migrations.current_revision(url) == "9999"
    assert_rows_kept(filled, url)
