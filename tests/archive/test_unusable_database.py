"""A database that may not be written: every command and page gives advice that fits the cause."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from archive.settings import Settings, keep_secret_key
from archive.storage_faults import fault_of_files
from archive.toolbox import Toolbox
from tests.support.http_server import ROOT
from tests.support.other_accounts import give_to_other_account, without_root_rights
from tests.support.small_disk import mounted
from tests.support.worker_process import command, environment

pytestmark = pytest.mark.sqlite_only
ClientOf = Callable[[str | None], FlaskClient]
WORDS = ("init", "serve", "doctor", "worker")
ADVICE = {
    "database_other_account": ("belongs to another account", "chown -R"),
    "database_not_writable": ("may not write to its database", "chmod u+rwX"),
    "disk_read_only": ("allows reading only", "look at its log"),
    "database_newer": ("made by a newer version", "Install the newer version again"),
}
SIGN_IN = """
from app import create_app
app = create_app()
app.config["WTF_CSRF_ENABLED"] = False
form = {"email": "a@archive.test", "password": "wrong"}
answer = app.test_client().post("/en/sign-in", data=form)
print(answer.status_code, answer.get_data(as_text=True))
"""


@pytest.fixture
def home_on_its_own_disk(tmp_path: Path, empty_database: Path) -> Iterator[Settings]:
    with mounted(tmp_path / "disk", mib=24) as home:
        for folder in ("vault/parts", "derivatives", "index", "models"):
            (home / folder).mkdir(parents=True)
        shutil.copy(empty_database, home / "archive.db")
        yield Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")


def make_unusable(settings: Settings, cause: str) -> str:
    """Cause a fault of the database's files; return the code that must be reported."""
    keep_secret_key(settings)
    database = settings.home / "archive.db"
    if cause == "foreign file":
        give_to_other_account(database)
        return "database_other_account"
    if cause == "foreign file that can be read":
        give_to_other_account(database)
        database.chmod(0o644)
        return "database_other_account"
    if cause == "read-only file":
        database.chmod(0o400)
        return "database_not_writable"
    if cause == "read-only folder":
        settings.home.chmod(0o500)
        return "database_not_writable"
    if cause == "read-only disk":
        subprocess.run(["mount", "-o", "remount,ro", str(settings.home)], check=True)
        return "disk_read_only"
    raise AssertionError(cause)


CAUSES = [
    *("foreign file", "foreign file that can be read"),
    *("read-only file", "read-only folder", "read-only disk"),
]


def assert_explained(printed: str, code: str) -> None:
    what, advice = ADVICE[code]
    assert what in printed, printed
    assert advice in printed, printed
    assert "Traceback" not in printed
    assert "flask init makes it" not in printed


@pytest.mark.parametrize("cause", CAUSES)
def test_commands_and_pages_give_advice_by_cause(
    home_on_its_own_disk: Settings, cause: str
) -> None:
    settings = home_on_its_own_disk
    if os.geteuid() != 0 and cause.startswith("foreign"):
        pytest.skip("only root can give a file to another account")
    code = make_unusable(settings, cause)
    before = (settings.home / "archive.db").read_bytes()
    programs = {word: start(settings, command(word)) for word in WORDS}
    page = start(settings, [sys.executable, "-c", SIGN_IN])  # one that fails is counted
    for word, program in programs.items():
        printed = read_output(program, is_waiting=word == "worker")
        assert program.returncode != 0
        assert_explained(printed, code)
        if word != "doctor":
            assert f"[{code}]" in printed
    printed = read_output(page)
    assert_explained(printed.partition("503 <!doctype html>")[2], code)
    assert (settings.home / "archive.db").read_bytes() == before


def start(settings: Settings, words: list[str]) -> subprocess.Popen[str]:
    """Start a program that is subject to the permissions of files."""
    return subprocess.Popen(
        without_root_rights(words),
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_output(program: subprocess.Popen[str], *, is_waiting: bool = False) -> str:
    """Return what a program prints; one that then waits is ended after its first sentence."""
    assert program.stdout is not None
    printed = program.stdout.readline() if is_waiting else program.stdout.read()
    program.kill()
    program.stdout.close()
    program.wait()
    return printed


@pytest.mark.parametrize("word", WORDS)
def test_command_on_a_newer_database_advises_the_newer_program(
    toolbox: Toolbox, settings: Settings, word: str
) -> None:
    with toolbox.database.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    toolbox.database.dispose()
    ended = subprocess.run(
        command(word),
        cwd=ROOT,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    printed = ended.stdout + ended.stderr
    assert_explained(printed, "database_newer")
    assert "flask init migrates it" not in printed


def test_page_on_a_database_that_was_upgraded_meanwhile(
    toolbox: Toolbox, client_of: ClientOf
) -> None:
    client = client_of("ada")
    assert client.get("/en/interviews").status_code == 200
    with toolbox.database.writing() as db:
        db.execute(text("ALTER TABLE interview RENAME COLUMN title TO heading"))
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = client.get("/en/interviews")
    assert answer.status_code == 503
    assert_explained(answer.text, "database_newer")


def test_files_that_can_be_used_have_no_fault(settings: Settings) -> None:
    assert fault_of_files(settings.database_url) is None
    missing = replace(settings, database_url=f"sqlite:///{settings.home / 'none.db'}")
    assert fault_of_files(missing.database_url) == "database_missing"
