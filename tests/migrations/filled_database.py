"""Fill a database of any revision with one row per table, and check that no row is lost."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import JSON, Column, Date, DateTime, MetaData, Table, insert, select, text
from sqlalchemy.types import Boolean, Float, Integer

from archive import migrations
from archive.db import make_engine

ON_BOTH_DATABASES = pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
ON_SQLITE = pytest.mark.parametrize("kind", ["sqlite"])

# Columns that refer to a row without a foreign key, and their tables.
REFERENCES = {("segment_revision", "contribution_id"): "contribution"}

Rows = dict[str, dict[str, Any]]


def upgrade_to(url: str, revision: str) -> None:
    """Upgrade to a revision by the chain that it belongs to."""
    is_old = revision in migrations.revisions_before_release()
    configure = migrations.configuration_before_release if is_old else migrations.configuration
    command.upgrade(configure(url), revision)


def reflect_tables(url: str) -> MetaData:
    engine = make_engine(url)
    metadata = MetaData()
    metadata.reflect(engine)
    engine.dispose()
    return metadata


def sample_value(column: Column[Any], filled: Rows) -> Any:
    """Return a value unequal to any default, so that its loss in a migration is detected."""
    for key in column.foreign_keys:
        # A row may refer to itself; NULL references are tested elsewhere.
        parent = filled.get(key.column.table.name)
        return parent[key.column.name] if parent else None
    if parent_name := REFERENCES.get((column.table.name, column.name)):
        return filled[parent_name]["id"]
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
        return {"dates": ["khoảng 1978", 7, None]}
    return f"{column.name[:10]} Hòa {len(filled):03d}"[: getattr(kind, "length", None) or 200]


def fill(url: str) -> Rows:
    """Insert one row into every table, and return the rows."""
    metadata, engine = reflect_tables(url), make_engine(url)
    filled: Rows = {}
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name == "alembic_version":
                continue
            row = {column.name: sample_value(column, filled) for column in table.columns}
            connection.execute(insert(table).values(row))
            filled[table.name] = row
    engine.dispose()
    return filled


def rows(table: Table, url: str) -> list[dict[str, Any]]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = [dict(row) for row in connection.execute(select(table)).mappings()]
    engine.dispose()
    return [{name: to_comparable(value) for name, value in row.items()} for row in found]


def to_comparable(value: Any) -> Any:
    """Return a value in the same form for both databases, comparable in a set."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return json.dumps(value) if isinstance(value, dict | list) else value


def assert_rows_kept(filled: Rows, url: str) -> None:
    """Assert that each row still has its values; later columns may have been added."""
    after = reflect_tables(url).tables
    for name, row in filled.items():
        assert name in after, f"the table {name} is gone"
        found = rows(after[name], url)
        kept = {part: to_comparable(value) for part, value in row.items()}
        assert any(kept.items() <= other.items() for other in found), (name, found)


def change(url: str, *statements: str) -> None:
    """Run SQL as the program does, with foreign keys on."""
    engine = make_engine(url, creates=True)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
