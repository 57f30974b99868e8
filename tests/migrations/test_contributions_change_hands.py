"""Revision 0011: one person may have two contributions in one role."""

from __future__ import annotations

from sqlalchemy import insert

from archive import migrations
from archive.db import make_engine
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    assert_rows_kept,
    fill,
    reflect_tables,
    rows,
    upgrade_to,
)


@ON_BOTH_DATABASES
def test_second_contribution_of_a_person_is_stored_and_rows_are_kept(url: str) -> None:
    upgrade_to(url, "0010")
    filled = fill(url)
    migrations.upgrade(url)
    assert_rows_kept(filled, url)
    table, engine = reflect_tables(url).tables["contribution"], make_engine(url)
    assert len(table.foreign_keys) == 2
    with engine.begin() as connection:
        connection.execute(insert(table), {**filled["contribution"], "id": "C2"})
    engine.dispose()
    assert len(rows(table, url)) == 2
