"""Migrations: from nothing to the models, and no row is lost on any step of the way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Date, DateTime, MetaData, Table, insert, make_url, select, text
from sqlalchemy.types import Boolean, Float, Integer

from archive import migrations
from archive.db import Database, make_engine
from archive.models import Base
from archive.settings import Settings
from tests import postgres
from tests.workers import command as flask

REVISIONS = migrations.revisions()
STEPS = list(pairwise(REVISIONS))
# A revision that moves rows on purpose names the tables whose rows are no longer found.
MOVED: dict[str, set[str]] = {}

BOTH = pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)

Rows = dict[str, dict[str, Any]]


@pytest.fixture
def url(kind: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of this kind."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'archive.db'}"
        return
    with postgres.throw_away() as made:
        yield made


def to(url: str, revision: str) -> None:
    command.upgrade(migrations.configuration(url), revision)


def reflected(url: str) -> MetaData:
    engine = make_engine(url)
    metadata = MetaData()
    metadata.reflect(engine)
    engine.dispose()
    return metadata


def value(column: Any, filled: Rows) -> Any:
    """Something that is no default: a migration that forgets it is seen."""
    for key in column.foreign_keys:
        # A row may refer to itself; where it may refer to nothing, that is tried elsewhere.
        parent = filled.get(key.column.table.name)
        return parent[key.column.name] if parent else None
    kind = column.type
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer):
        return 7
    if isinstance(kind, Float):
        return 0.75
    if isinstance(kind, DateTime):
        return datetime(1978, 5, 1, 12, 30, tzinfo=UTC)
    if isinstance(kind, Date):
        return date(1978, 5, 1)
    if isinstance(kind, JSON):
        return {"told": ["khoảng 1978", 7, None]}
    return f"{column.name[:10]} Hòa {len(filled):03d}"[: getattr(kind, "length", None) or 200]


def fill(url: str) -> Rows:
    """One row in every table, children too."""
    metadata, engine = reflected(url), make_engine(url)
    filled: Rows = {}
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name == "alembic_version":
                continue
            row = {column.name: value(column, filled) for column in table.columns}
            connection.execute(insert(table).values(row))
            filled[table.name] = row
    engine.dispose()
    return filled


def rows(table: Table, url: str) -> list[dict[str, Any]]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = [dict(row) for row in connection.execute(select(table)).mappings()]
    engine.dispose()
    return [{name: told(value) for name, value in row.items()} for row in found]


def told(value: Any) -> Any:
    """A value as both databases give it, and as it can be compared in a set."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return json.dumps(value) if isinstance(value, dict | list) else value


def assert_kept(filled: Rows, url: str, *, moved: Collection[str] = ()) -> None:
    after = reflected(url).tables
    for name, row in filled.items():
        if name in moved:
            continue
        assert name in after, f"the table {name} is gone"
        found = rows(after[name], url)
        kept = {part: told(value) for part, value in row.items() if part in after[name].columns}
        assert any(kept.items() <= other.items() for other in found), (name, found)


@BOTH
def test_from_nothing_to_the_models(url: str) -> None:
    assert migrations.upgrade(url) is True
    database = Database(url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.dispose()
    assert migrations.current_revision(url) == migrations.newest_revision() == REVISIONS[-1]


@BOTH
def test_again_is_nothing(url: str) -> None:
    migrations.upgrade(url)
    filled = fill(url)
    assert migrations.upgrade(url) is False
    assert_kept(filled, url)


@BOTH
@pytest.mark.parametrize(("before", "after"), STEPS)
def test_no_step_loses_a_row(url: str, before: str, after: str) -> None:
    to(url, before)
    filled = fill(url)
    assert len(filled) >= 20
    to(url, after)
    assert_kept(filled, url, moved=MOVED.get(after, set()))
    assert migrations.current_revision(url) == after


@BOTH
def test_from_the_first_to_the_last_with_rows(url: str) -> None:
    to(url, REVISIONS[0])
    filled = fill(url)
    assert migrations.upgrade(url) is (len(REVISIONS) > 1)
    assert_kept(filled, url, moved={name for names in MOVED.values() for name in names})


HEAD = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{newest}", None, None
def upgrade():
"""
REBUILD = (
    HEAD
    + """
    with op.batch_alter_table("interview") as batch:
        batch.alter_column("abstract", existing_type=sa.String(), nullable=True)
        batch.add_column(sa.Column("mood", sa.String(), nullable=False, server_default="calm"))
    with op.batch_alter_table("transcript_version") as batch:
        batch.alter_column("note", existing_type=sa.String(), nullable=True)
"""
)
ORPHANS = (
    HEAD
    + """
    op.add_column("collection", sa.Column("mood", sa.String()))
    op.execute("DELETE FROM person")
"""
)


def revision_of(tmp_path: Path, text_: str) -> str:
    """A copy of the migrations with one more revision; gives its folder."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrations.HERE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    written = text_.format(newest=REVISIONS[-1])
    (folder / "versions" / "9999_tried.py").write_text(written, encoding="utf-8")
    return str(folder)


def upgrade_with(folder: str, url: str) -> None:
    config = migrations.configuration(url)
    config.set_main_option("script_location", folder)
    command.upgrade(config, "head")


@BOTH
def test_a_parent_table_that_is_built_anew_keeps_its_children(url: str, tmp_path: Path) -> None:
    """Measured: with foreign keys on, SQLite deleted every child row and said nothing."""
    migrations.upgrade(url)
    filled = fill(url)
    upgrade_with(revision_of(tmp_path, REBUILD), url)
    assert migrations.current_revision(url) == "9999"
    assert_kept(filled, url)
    [row] = rows(reflected(url).tables["interview"], url)
    assert row["mood"] == "calm"


@BOTH
def test_a_revision_that_leaves_orphans_is_undone_as_a_whole(url: str, tmp_path: Path) -> None:
    migrations.upgrade(url)
    filled = fill(url)
    with pytest.raises(Exception, match=r"rows refer to nothing|violates foreign key"):
        upgrade_with(revision_of(tmp_path, ORPHANS), url)
    assert migrations.current_revision(url) == REVISIONS[-1]
    assert_kept(filled, url)
    assert "mood" not in reflected(url).tables["collection"].columns


def test_there_is_no_way_down() -> None:
    """Stated in `archive/migrations`: the copy of before is the way back."""
    for path in (migrations.HERE / "versions").glob("*.py"):
        assert "def downgrade" not in path.read_text("utf-8"), path.name


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_copy_of_before_is_laid_aside_and_opens(url: str, tmp_path: Path) -> None:
    to(url, REVISIONS[0])
    filled = fill(url)
    migrations.upgrade(url)
    aside = Path(f"{make_url(url).database}.before-{REVISIONS[0]}")
    if len(REVISIONS) > 1:
        assert migrations.current_revision(f"sqlite:///{aside}") == REVISIONS[0]
        assert_kept(filled, f"sqlite:///{aside}")
    assert sorted(path.name for path in tmp_path.glob("*.before-*")) == [aside.name]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_only_the_owner_reads_a_database_and_its_copies(url: str, tmp_path: Path) -> None:
    to(url, REVISIONS[0])
    fill(url)
    migrations.upgrade(url)
    files = list(tmp_path.glob("*.db*"))
    assert len(files) >= 2, "the database and the copy of before"
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


@BOTH
def test_a_newer_database_is_left_alone(url: str) -> None:
    migrations.upgrade(url)
    filled = fill(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(migrations.DatabaseNewer):
        migrations.upgrade(url)
    assert migrations.current_revision(url) == "9999"
    assert_kept(filled, url)


def init(url: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        flask("init"), cwd=Path(__file__).parents[2], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "LOIKE_HOME": str(home), "LOIKE_DATABASE_URL": url},
    )  # fmt: skip


@BOTH
def test_init_twice_at_once_and_once_more_is_harmless(url: str, tmp_path: Path) -> None:
    processes = [init(url, tmp_path), init(url, tmp_path)]
    complaints = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], complaints
    assert migrations.current_revision(url) == REVISIONS[-1]
    again = init(url, tmp_path)
    out, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert "is ready" in out


@pytest.mark.parametrize("kind", ["sqlite"])
def test_init_of_a_newer_database_is_a_sentence(url: str, tmp_path: Path) -> None:
    migrations.upgrade(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    refused = init(url, tmp_path)
    _, said = refused.communicate(timeout=120)
    assert refused.returncode == 1
    assert "made by a newer version of the program" in said
    assert "Traceback" not in said


def test_a_home_that_was_never_initialised_has_no_revision(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOIKE_HOME": str(tmp_path)})
    assert migrations.current_revision(settings.database_url) is None
