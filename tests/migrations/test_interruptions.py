"""Revision 0007: jobs of an older archive keep all their attempts and have no interruptions."""

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
def test_upgrade_of_filled_jobs_adds_counters_of_zero(url: str) -> None:
    upgrade_to(url, "0006")
    filled = fill(url)
    assert filled["job"]
    migrations.upgrade(url)
    assert_rows_kept(filled, url)
    jobs = rows(reflect_tables(url).tables["job"], url)
    assert {(job["interruptions"], job["furthest_progress"]) for job in jobs} == {(0, 0.0)}
    assert rows(reflect_tables(url).tables["worker_heartbeat"], url) == []
