"""Databases of other programs and damaged ones: refused with a message, unchanged."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

import pytest

from archive import migrations
from tests.migrations.filled_database import (
    ON_BOTH_DATABASES,
    ON_SQLITE,
    change,
    fill,
    reflect_tables,
    upgrade_to,
)
from tests.migrations.test_init import start_init

FOREIGN = ("CREATE TABLE notes (id INTEGER)", "INSERT INTO notes VALUES (7)")
VERSION = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"
SECOND = "INSERT INTO alembic_version VALUES ('0002')"
NONE = "DELETE FROM alembic_version"


def finish(command: subprocess.Popen[str]) -> str:
    """Wait for a command that must be refused, and return its sentence."""
    out, errors = command.communicate()
    assert (command.returncode, out) == (1, "")
    assert "Traceback" not in errors
    return errors


@ON_BOTH_DATABASES
@pytest.mark.parametrize(
    "statements",
    [FOREIGN, (*FOREIGN, VERSION), (VERSION,), (*FOREIGN, VERSION, SECOND)],
    ids=["no_version", "empty_version", "only_version", "own_version"],
)
def test_upgrade_of_a_database_of_another_program_is_refused(
    url: str, statements: tuple[str, ...]
) -> None:
    change(url, *statements)
    before = set(reflect_tables(url).tables)
    with pytest.raises(migrations.DatabaseUnknown):
        migrations.upgrade(url)
    with pytest.raises(migrations.DatabaseUnknown):
        migrations.current_revision(url)
    assert set(reflect_tables(url).tables) == before


@ON_BOTH_DATABASES
@pytest.mark.parametrize("revision", ["0003", "0005"])
@pytest.mark.parametrize("statement", [SECOND, NONE, "DROP TABLE alembic_version"])
def test_upgrade_without_exactly_one_revision_is_refused(
    url: str, revision: str, statement: str
) -> None:
    upgrade_to(url, revision)
    change(url, statement)
    before = set(reflect_tables(url).tables)
    with pytest.raises(migrations.DatabaseUnknown):
        migrations.upgrade(url)
    assert set(reflect_tables(url).tables) == before


@pytest.mark.parametrize("kind", [pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_views_of_an_extension_are_no_foreign_tables(url: str) -> None:
    change(url, "CREATE EXTENSION pg_stat_statements")
    assert migrations.upgrade(url) is True


@ON_SQLITE
@pytest.mark.parametrize("words", ["init", "worker"])
def test_command_on_a_foreign_sqlite_file_changes_no_byte(
    url: str, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "archive.db"
    database = sqlite3.connect(file)
    database.executescript(";".join(FOREIGN))
    database.close()
    before = file.read_bytes()
    assert finish(start_init(url, tmp_path, words)).endswith("[database_unknown]\n")
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob("archive.db*")) == ["archive.db"]


@ON_SQLITE
@pytest.mark.parametrize("revision", ["0003", "0005"])
@pytest.mark.parametrize("kept", [0.02, 0.5])
def test_init_of_a_truncated_file_fails_with_a_message(
    url: str, revision: str, kept: float, tmp_path: Path
) -> None:
    upgrade_to(url, revision)
    fill(url)
    file = tmp_path / "archive.db"
    content = file.read_bytes()
    cut = content[: int(len(content) * kept)]
    file.write_bytes(cut)
    assert finish(start_init(url, tmp_path)).endswith("[database_damaged]\n")
    assert file.read_bytes() == cut
    assert list(tmp_path.glob("*.before-*")) == []


@ON_SQLITE
def test_init_of_a_file_that_is_no_database_fails_with_a_message(url: str, tmp_path: Path) -> None:
    (tmp_path / "archive.db").write_bytes(b"a page of a letter\n" * 1000)
    assert finish(start_init(url, tmp_path)).endswith("[database_damaged]\n")
    assert (tmp_path / "archive.db").read_bytes() == b"a page of a letter\n" * 1000
