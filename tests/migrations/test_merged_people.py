"""Revision 0014: records of people are kept, and none is merged."""

from __future__ import annotations

from archive import migrations
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    assert_rows_kept,
    fill,
    reflect_tables,
    rows,
    upgrade_to,
)


@ON_BOTH_DATABASES
def test_people_of_an_older_database_are_kept_unmerged(url: str) -> None:
    upgrade_to(url, "0013")
    filled = fill(url)
    migrations.upgrade(url)
    assert_rows_kept(filled, url)
    tables = reflect_tables(url).tables
    [person] = rows(tables["person"], url)
    assert person["merged_into_id"] is None
    assert rows(tables["person_merge"], url) == []
    assert len(rows(tables["contribution"], url)) == 1
    assert len(rows(tables["person_name"], url)) == 1
