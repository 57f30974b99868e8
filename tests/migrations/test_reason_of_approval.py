"""Revision 0012: versions approved before have no reason, and lose nothing."""

from __future__ import annotations

from archive import migrations
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    assert_rows_kept,
    change,
    fill,
    reflect_tables,
    rows,
    upgrade_to,
)


@ON_BOTH_DATABASES
def test_upgrade_gives_approved_versions_an_empty_reason(url: str) -> None:
    upgrade_to(url, "0011")
    filled = fill(url)
    change(url, "UPDATE transcript_version SET state = 'approved'")
    filled["transcript_version"]["state"] = "approved"
    migrations.upgrade(url)
    assert_rows_kept(filled, url)
    versions = rows(reflect_tables(url).tables["transcript_version"], url)
    assert [version["approval_reason"] for version in versions] == [""]
