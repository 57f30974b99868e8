"""What a text refers to cannot be deleted, in an archive that was made before the release too."""

from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from archive import migrations
from archive.db import make_engine
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    assert_rows_kept,
    change,
    fill,
    reflect_tables,
    rows,
    upgrade_to,
)

REFUSED = r"FOREIGN KEY constraint failed|violates (foreign key|RESTRICT)"


@ON_BOTH_DATABASES
@pytest.mark.parametrize("table", ["contribution", "recording", "person"])
def test_delete_of_a_row_that_a_text_refers_to_is_refused(url: str, table: str) -> None:
    """In revision 0003 a segment lost its speaker, or was deleted, without a word."""
    upgrade_to(url, "0003")
    filled = fill(url)
    migrations.upgrade(url)
    with pytest.raises(IntegrityError, match=REFUSED):
        change(url, f"DELETE FROM {table}")
    assert_rows_kept(filled, url)


@ON_BOTH_DATABASES
@pytest.mark.parametrize(
    ("table", "column", "freed", "deleted"),
    [
        ("segment_revision", "contribution_id", "segment", "contribution"),
        ("annotation", "recording_id", "segment", "recording"),
    ],
)
def test_delete_is_refused_by_each_reference_alone(
    url: str, table: str, column: str, freed: str, deleted: str
) -> None:
    upgrade_to(url, "0003")
    fill(url)
    migrations.upgrade(url)
    change(url, f"UPDATE {freed} SET {column} = NULL")
    before = rows(reflect_tables(url).tables[table], url)
    assert [row[column] is None for row in before] == [False]
    with pytest.raises(IntegrityError, match=REFUSED):
        change(url, f"DELETE FROM {deleted}")
    assert rows(reflect_tables(url).tables[table], url) == before


@ON_BOTH_DATABASES
def test_delete_of_a_version_that_another_is_based_on_is_refused(url: str) -> None:
    upgrade_to(url, "0003")
    first = fill(url)["transcript_version"]
    migrations.upgrade(url)
    versions = reflect_tables(url).tables["transcript_version"]
    engine = make_engine(url)
    with engine.begin() as connection:
        second = {**first, "id": "second", "number": 8, "based_on_id": first["id"]}
        connection.execute(insert(versions).values(second))
    engine.dispose()
    before = rows(versions, url)
    with pytest.raises(IntegrityError, match=REFUSED):
        change(url, "DELETE FROM transcript_version WHERE number = 7")
    assert rows(versions, url) == before


@ON_BOTH_DATABASES
def test_delete_of_an_interview_after_its_text_takes_everything_with_it(url: str) -> None:
    upgrade_to(url, "0003")
    fill(url)
    migrations.upgrade(url)
    change(url, "DELETE FROM transcript_version", "DELETE FROM interview")
    for table in ("contribution", "recording", "segment", "segment_revision", "annotation"):
        assert rows(reflect_tables(url).tables[table], url) == []


@ON_BOTH_DATABASES
def test_history_that_names_a_deleted_contribution_is_migrated(url: str) -> None:
    """Before revision 0004 a saved description deleted contributions that the history named."""
    upgrade_to(url, "0003")
    filled = fill(url)
    change(url, "UPDATE segment SET contribution_id = NULL", "DELETE FROM contribution")
    [old] = rows(reflect_tables(url).tables["segment_revision"], url)
    assert old["contribution_id"] == filled["contribution"]["id"]
    migrations.upgrade(url)
    [now] = rows(reflect_tables(url).tables["segment_revision"], url)
    assert now == {**old, "contribution_id": None}
