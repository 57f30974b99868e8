"""The check that every page of the database can be read."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection

from archive.actions.office.database_check import find_damage
from archive.models import Base
from archive.toolbox import Toolbox
from tests.support.searchable_interviews import add_interview_with_text


def test_whole_database_has_no_damage(toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    with toolbox.database.reading() as db:
        assert find_damage(db) == []


@pytest.mark.parametrize(
    "backend", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_every_row_of_every_table_is_read_on_a_server(toolbox: Toolbox) -> None:
    """With all its columns: `count(*)` alone would be answered from an index."""
    statements: list[str] = []

    def record(_conn: Connection, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(" ".join(statement.replace('"', "").split()))

    event.listen(toolbox.database.engine, "before_cursor_execute", record)
    with toolbox.database.reading() as db:
        assert find_damage(db) == []
    for table in Base.metadata.sorted_tables:
        [read] = [line for line in statements if line.endswith(f"FROM {table.name}")]
        assert all(f"{table.name}.{column.name}" in read for column in table.columns)


@pytest.mark.sqlite_only
def test_row_that_an_index_lacks_is_damage(toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    file = toolbox.settings.home / "archive.db"
    toolbox.database.dispose()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        # The index is taken from the schema while a row comes, and is there again afterwards.
        [sql] = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'ix_job_interview_id'"
        ).fetchone()
        [root] = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_job_interview_id'"
        ).fetchone()
        connection.execute("DELETE FROM sqlite_master WHERE name = 'ix_job_interview_id'")
    connection.close()
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM job")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "INSERT INTO sqlite_master VALUES ('index', 'ix_job_interview_id', 'job', ?, ?)",
            (root, sql),
        )
    connection.close()
    with toolbox.database.reading() as db:
        assert find_damage(db) != []
