"""`flask init`: run concurrently, on a newer database, on altered tables, on an empty home."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from archive import migrations
from archive.settings import Settings
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    ON_SQLITE,
    assert_rows_kept,
    change,
    fill,
    upgrade_to,
)
from tests.support.worker_process import command as flask


def start_init(url: str, home: Path, command: str = "init") -> subprocess.Popen[str]:
    return subprocess.Popen(
        flask(command),
        cwd=Path(__file__).parents[2],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "LOIKE_HOME": str(home), "LOIKE_DATABASE_URL": url},
    )


@ON_BOTH_DATABASES
@pytest.mark.parametrize("before", [None, "0003"])
def test_init_run_concurrently_and_again_succeeds(
    url: str, before: str | None, tmp_path: Path
) -> None:
    filled = {}
    if before:
        upgrade_to(url, before)
        filled = fill(url)
        (tmp_path / "vault").mkdir()
    processes = [start_init(url, tmp_path), start_init(url, tmp_path)]
    errors_of_both = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors_of_both
    assert migrations.current_revision(url) == migrations.newest_revision()
    assert_rows_kept(filled, url)
    assert len(list(tmp_path.glob("*.before-*"))) == (before is not None and "sqlite" in url)
    third = start_init(url, tmp_path)
    out, errors = third.communicate()
    assert third.returncode == 0, errors
    assert "is ready" in out


@ON_SQLITE
def test_init_of_a_newer_database_fails_with_a_message(url: str, tmp_path: Path) -> None:
    migrations.upgrade(url)
    change(url, "UPDATE alembic_version SET version_num = '9999'")
    process = start_init(url, tmp_path)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "made by a newer version of the program" in errors
    assert "Traceback" not in errors


@ON_SQLITE
def test_init_of_altered_tables_names_the_differences(url: str, tmp_path: Path) -> None:
    upgrade_to(url, "0004")
    change(url, "DROP INDEX ix_segment_reading", "ALTER TABLE person ADD COLUMN mood VARCHAR")
    process = start_init(url, tmp_path)
    out, errors = process.communicate()
    assert (process.returncode, out) == (1, "")
    assert "Missing: segment: CREATE INDEX ix_segment_reading ON segment" in errors
    assert "Not expected: person: mood VARCHAR. Nothing was changed." in errors
    assert errors.endswith("[database_differs]\n")
    assert migrations.current_revision(url) == "0004"


def test_current_revision_of_an_empty_home_is_none(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOIKE_HOME": str(tmp_path)})
    assert migrations.current_revision(settings.database_url) is None
