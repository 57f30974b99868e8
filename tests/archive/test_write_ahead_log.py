"""A log of SQLite that is left by a killed program: applied to its own file only."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from archive import migrations
from archive.db import Database
from archive.models import Setting
from archive.settings import Settings
from archive.write_ahead_log import ForeignLog, require_own_log
from tests.support.http_server import ROOT
from tests.support.worker_process import command, environment

pytestmark = pytest.mark.sqlite_only

# Commits in a process that is killed with the database open: no code of SQLite runs at its end.
WRITE_AND_DIE = """
import os, signal, sys
from archive.db import Database
from archive.models import Setting
url, first, count, *statements = sys.argv[1:]
database = Database(url)
for number in range(int(first), int(first) + int(count)):
    with database.writing() as db:
        db.merge(Setting(key="last", value=str(number)))
        db.add(Setting(key=f"{number}", value="x" * 2000))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("BEGIN")
os.kill(os.getpid(), signal.SIGKILL)
"""


def write_and_die(settings: Settings, first: int, count: int, *statements: str) -> None:
    arguments = [settings.database_url, str(first), str(count), *statements]
    ended = subprocess.run([sys.executable, "-c", WRITE_AND_DIE, *arguments], cwd=ROOT, check=False)
    assert ended.returncode == -9


def last(settings: Settings) -> str | None:
    database = Database(settings.database_url)
    with database.reading() as db:
        value = db.scalar(select(Setting.value).where(Setting.key == "last"))
    database.dispose()
    return value


def cli_copy(how: str) -> Callable[[Path, Path], None]:
    def copy(source: Path, target: Path) -> None:
        with sqlite3.connect(source) as connection:
            if how == "vacuum":
                connection.execute("VACUUM INTO ?", (str(target),))
            else:
                with sqlite3.connect(target) as other:
                    connection.backup(other)
                other.close()
        connection.close()

    return copy


COPIES: dict[str, Callable[[Path, Path], object]] = {
    "vacuum": cli_copy("vacuum"),
    "backup": cli_copy("backup"),
    "cp": shutil.copy,
}


def run_flask(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        cwd=ROOT,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def backup_target(word: str, folder: Path) -> list[str]:
    return [str(folder / "disk")] if word == "backup" else []


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("commits", [1, 250])
def test_older_copy_beside_the_log_of_a_killed_program_is_refused(
    how: str, commits: int, settings: Settings, tmp_path: Path
) -> None:
    file = settings.home / "archive.db"
    write_and_die(settings, 0, 3)
    assert last(settings) == "2"  # closing the last connection removes the log
    copy = tmp_path / "copy.db"
    COPIES[how](file, copy)
    database = Database(settings.database_url)
    with database.writing() as db:
        db.add(Setting(key="after the copy", value=""))
    database.dispose()
    write_and_die(settings, 3, commits)
    log = (settings.home / "archive.db-wal").read_bytes()
    shutil.copyfile(copy, file)
    with pytest.raises(ForeignLog):
        require_own_log(file)
    put_back = file.read_bytes()
    with pytest.raises(ForeignLog):
        Database(settings.database_url).writer().execute(select(Setting))
    assert file.read_bytes() == put_back
    assert (settings.home / "archive.db-wal").read_bytes() == log
    for name in ("archive.db-wal", "archive.db-shm"):
        (settings.home / name).rename(tmp_path / name)
    assert last(settings) == "2"


@pytest.mark.parametrize("is_empty", [True, False])
@pytest.mark.parametrize("word", ["doctor", "init", "jobs", "backup"])
def test_log_beside_a_lost_database_is_kept(
    word: str, is_empty: bool, settings: Settings, tmp_path: Path
) -> None:
    """SQLite deletes the log of an empty file, and with it the last commits."""
    file, log = settings.home / "archive.db", settings.home / "archive.db-wal"
    write_and_die(settings, 0, 3)
    before = log.read_bytes()
    file.rename(tmp_path / "elsewhere.db")
    if is_empty:
        file.touch()
    process = run_flask(settings, word, *backup_target(word, tmp_path))
    assert process.returncode == 1
    assert "foreign_log" in process.stderr or "written for another" in process.stdout
    assert log.read_bytes() == before
    (tmp_path / "elsewhere.db").rename(file)
    assert last(settings) == "2"


@pytest.mark.parametrize("word", ["serve", "worker", "init", "jobs", "backup"])
def test_commands_refuse_the_log_of_another_file_and_change_nothing(
    word: str, settings: Settings, tmp_path: Path
) -> None:
    file, log = settings.home / "archive.db", settings.home / "archive.db-wal"
    cli_copy("vacuum")(file, tmp_path / "copy.db")
    write_and_die(settings, 0, 3)
    shutil.copyfile(tmp_path / "copy.db", file)
    before = file.read_bytes(), log.read_bytes()
    process = run_flask(settings, word, *backup_target(word, tmp_path))
    assert process.returncode == 1, process.stdout
    assert process.stderr.endswith("[foreign_log]\n"), process.stderr
    assert "archive.db-wal" in process.stderr
    assert (file.read_bytes(), log.read_bytes()) == before


def test_foreign_log_beside_the_file_that_a_link_leads_to_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    file = settings.home / "archive.db"
    cli_copy("vacuum")(file, tmp_path / "copy.db")
    write_and_die(settings, 0, 3)
    shutil.copyfile(tmp_path / "copy.db", file)
    link = tmp_path / "link.db"
    link.symlink_to(file)
    with pytest.raises(ForeignLog):
        Database(f"sqlite:///{link}").reader().execute(select(Setting))


@pytest.mark.parametrize("how", ["vacuum", "backup"])
def test_copy_made_while_the_log_was_being_written_is_refused(
    how: str, settings: Settings, tmp_path: Path
) -> None:
    write_and_die(settings, 0, 3)
    file, copy = settings.home / "archive.db", tmp_path / "copy.db"
    reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True)  # keeps the log
    assert reader.execute("SELECT count(*) FROM setting").fetchone() == (4,)
    COPIES[how](file, copy)
    write_and_die(settings, 3, 3)
    reader.close()
    shutil.copyfile(copy, file)
    with pytest.raises(ForeignLog):
        Database(settings.database_url).reader().execute(select(Setting))
    with pytest.raises(ForeignLog):
        migrations.current_revision(settings.database_url)


@pytest.mark.parametrize(
    "statements",
    [
        (),
        ("PRAGMA wal_checkpoint(PASSIVE)",),
        ("PRAGMA wal_checkpoint(FULL)",),
        ("PRAGMA wal_checkpoint(RESTART)",),
        ("PRAGMA wal_checkpoint(TRUNCATE)",),
        ("PRAGMA user_version",),
        ("CREATE TABLE IF NOT EXISTS t (x)", "DROP TABLE t", "VACUUM"),
    ],
)
@pytest.mark.parametrize("commits", [1, 250])
def test_own_log_of_a_killed_program_is_applied(
    commits: int, statements: tuple[str, ...], settings: Settings
) -> None:
    for first in (0, commits):
        write_and_die(settings, first, commits, *statements)
        require_own_log(settings.home / "archive.db")
    assert last(settings) == str(2 * commits - 1)


def test_every_state_of_a_checkpoint_that_was_cut_off_is_accepted(
    settings: Settings, tmp_path: Path
) -> None:
    """SQLite writes the pages back in order of their number; the cut may be after each."""
    file = settings.home / "archive.db"
    before = file.read_bytes()
    write_and_die(settings, 0, 6)
    log = (settings.home / "archive.db-wal").read_bytes()
    whole = tmp_path / "whole.db"
    shutil.copyfile(file, whole)
    (tmp_path / "whole.db-wal").write_bytes(log)
    sqlite3.connect(whole).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    after = whole.read_bytes()
    for cut in range(0, len(after) + 1, 4096):
        file.write_bytes(after[:cut] + before[cut:])
        require_own_log(file)


def test_log_is_applied_to_a_first_page_that_a_power_cut_has_torn(
    settings: Settings, tmp_path: Path
) -> None:
    """A disk writes whole sectors of 512 bytes: any may be the first or last new one."""
    file = settings.home / "archive.db"
    before = file.read_bytes()
    write_and_die(settings, 0, 6)
    whole = tmp_path / "whole.db"
    shutil.copyfile(file, whole)
    shutil.copyfile(settings.home / "archive.db-wal", tmp_path / "whole.db-wal")
    sqlite3.connect(whole).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    after = whole.read_bytes()
    for cut in range(512, 4096, 512):
        file.write_bytes(after[:cut] + before[cut:])
        require_own_log(file)
        file.write_bytes(before[:cut] + after[cut:4096] + before[4096:])
        require_own_log(file)
    assert last(settings) == "5"


@pytest.mark.parametrize("commits", [1, 3])
def test_log_of_a_home_of_the_same_age_is_refused(
    commits: int, settings: Settings, tmp_path: Path
) -> None:
    """Two homes, of which one began as a copy of the other, with as many commits each."""
    other = replace(
        settings, home=tmp_path / "other", database_url=f"sqlite:///{tmp_path}/other/archive.db"
    )
    shutil.copytree(settings.home, other.home)
    for made in (settings, other):
        write_and_die(made, 0, commits)
        assert last(made) == str(commits - 1)  # closing the last connection removes the log
        write_and_die(made, commits, 2)
    file = settings.home / "archive.db"
    require_own_log(file)
    shutil.copyfile(other.home / "archive.db", file)
    with pytest.raises(ForeignLog):
        require_own_log(file)


@pytest.mark.parametrize("commits", [1, 3])
def test_log_of_a_program_before_this_one_is_applied(commits: int, settings: Settings) -> None:
    """Such a program counted its commits in `user_version` and changed no other number."""
    file = settings.home / "archive.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA application_id=0")
    connection.close()
    code = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for number in range(int(sys.argv[2])):
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO setting (key, value) VALUES (?, 'x')", (str(number),))
    [count] = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA user_version={count + 1}")
    connection.execute("COMMIT")
connection.execute("INSERT INTO setting (key, value) VALUES ('last', ?)", (sys.argv[2],))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code, str(file), str(commits)], check=False)
    require_own_log(file)
    assert last(settings) == str(commits)
    write_and_die(settings, commits, 2)
    require_own_log(file)


def test_log_is_compared_while_others_write(settings: Settings) -> None:
    write_and_die(settings, 0, 2)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_AND_DIE, settings.database_url, "2", "400"], cwd=ROOT
    )
    while writer.poll() is None:
        require_own_log(settings.home / "archive.db")
    assert last(settings) == "401"


def test_check_keeps_the_locks_of_this_process(settings: Settings) -> None:
    """A database file that is opened and closed beside SQLite loses the locks of SQLite."""
    write_and_die(settings, 0, 2)
    database = Database(settings.database_url)
    with database.writing() as db:
        db.add(Setting(key="held", value=""))
        db.flush()
        require_own_log(settings.home / "archive.db")
        code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM setting')"
        subprocess.run([sys.executable, "-c", code, str(settings.home / "archive.db")], check=True)
        assert (settings.home / "archive.db-wal").exists()
    database.dispose()
    assert last(settings) == "1"


def descriptors_of(file: Path) -> int:
    links = Path("/proc/self/fd").iterdir()
    return sum(os.path.realpath(link) == str(file.resolve()) for link in links)


def test_check_leaves_no_descriptor_open(settings: Settings) -> None:
    """An engine that is in use keeps the one of the check, also when another one is disposed."""
    file = settings.home / "archive.db"
    first, second = Database(settings.database_url), Database(settings.database_url)
    for database in (first, second):
        with database.writing() as db:
            db.merge(Setting(key="held", value=""))
    second.dispose()
    # Locks that were dropped would let another process delete the log when it closes the file.
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM setting')"
    subprocess.run([sys.executable, "-c", code, str(file)], check=True)
    assert (settings.home / "archive.db-wal").exists()
    first.dispose()
    assert descriptors_of(file) == 0
    write_and_die(settings, 0, 1)
    require_own_log(file)
    assert descriptors_of(file) == 0


def test_connection_that_cannot_be_made_leaves_no_descriptor_open(settings: Settings) -> None:
    file = settings.home / "archive.db"
    file.write_bytes(b"no database" * 1000)
    database = Database(settings.database_url)
    with pytest.raises(DatabaseError):
        database.reader().execute(select(Setting))
    database.dispose()
    assert descriptors_of(file) == 0


def test_commit_without_changes_writes_nothing(settings: Settings) -> None:
    database = Database(settings.database_url)
    with database.writing() as db:
        db.add(Setting(key="one", value=""))
    size = (settings.home / "archive.db-wal").stat().st_size
    for _ in range(5):
        with database.writing() as db:
            db.execute(select(Setting))
    assert (settings.home / "archive.db-wal").stat().st_size == size
    database.dispose()
