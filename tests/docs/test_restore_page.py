"""The steps of `docs/restore.md` are run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app import create_toolbox
from archive.db import Database
from archive.models import Setting
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.archive.test_write_ahead_log import write_and_die
from tests.support.backups import ingest
from tests.support.http_server import ROOT
from tests.support.rights import rights_of_machine
from tests.support.searchable_interviews import add_interview_with_text, hit_texts, search_as
from tests.support.worker_process import environment

PAGE = (ROOT / "docs" / "restore.md").read_text(encoding="utf-8")
SENTENCE = "Tôi bán gạo ở chợ Bà Chiểu."
pytestmark = pytest.mark.sqlite_only


def steps(heading: str) -> str:
    """Return the shell code below a heading, without the server that does not end."""
    text = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    assert blocks, heading
    return "".join(blocks).replace("flask --app app serve\n", "")


def run_steps(
    script: str, settings: Settings, target: Path, *, copy: str = "", fails: bool = False
) -> str:
    """Run the code in a shell in which `flask` is the program's, stopping at the first error."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=ROOT,
        env={**environment(settings), "PATH": programs, "TARGET": str(target), "COPY": copy},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert bool(process.returncode) == fails, process.stderr
    return process.stdout + process.stderr


def settings_of(home: Path) -> Settings:
    return Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}", poll_s=0.02)


def copy_name(target: Path) -> str:
    [name] = [path.name for path in (target / "copies").iterdir()]
    return name


@pytest.fixture
def target(toolbox: Toolbox, settings: Settings, tmp_path: Path) -> Path:
    """A backup, made by the step of the page, of an archive with two originals and a text."""
    ingest(toolbox, tmp_path / "in")
    add_interview_with_text(toolbox, "LK-9", SENTENCE)
    run_steps(steps("Back up"), settings, tmp_path / "usb disk")
    toolbox.database.dispose()
    return tmp_path / "usb disk"


def assert_restored(settings: Settings) -> None:
    tools = create_toolbox(settings)
    assert hit_texts(search_as(tools, rights_of_machine("test"), "gạo")) == [SENTENCE]
    originals = list(tools.vault.keys())
    assert len(originals) == 2
    assert all(tools.vault.check(key).state == "ok" for key in originals)
    tools.database.dispose()


def test_restore_with_the_command(target: Path, tmp_path: Path) -> None:
    fresh = settings_of(tmp_path / "new home")
    script = steps("Restore with the command") + "flask --app app worker --until-idle\n"
    run_steps(script, fresh, target)
    assert_restored(fresh)


def test_only_the_database_after_a_kill(target: Path, settings: Settings) -> None:
    write_and_die(settings, 0, 5)
    assert (settings.home / "archive.db-wal").stat().st_size > 0
    copied = target / "copies" / copy_name(target) / "archive.db"
    # As it was done before this page: the log of the old file stays beside the new one.
    kept = settings.home.with_name("kept")
    shutil.copytree(settings.home, kept)
    shutil.copyfile(copied, kept / "archive.db")
    assert "[foreign_log]" in run_steps(
        "flask --app app serve", settings_of(kept), target, fails=True
    )
    run_steps(steps("Put back only the database"), settings, target, copy=copy_name(target))
    assert_restored(settings)
    database = Database(settings.database_url)
    with database.reading() as db:
        assert db.get(Setting, "last") is None
    database.dispose()
    [away] = settings.home.glob("before-restore-*")
    names = sorted(path.name for path in away.iterdir())
    assert names[:2] == ["archive.db", "archive.db-shm"]
    assert (settings.home / "archive.db").stat().st_mode & 0o777 == 0o600


def test_only_the_database_after_a_clean_stop(target: Path, settings: Settings) -> None:
    assert not (settings.home / "archive.db-wal").exists()
    run_steps(steps("Put back only the database"), settings, target, copy=copy_name(target))
    assert_restored(settings)


def test_everything_by_hand(target: Path, tmp_path: Path) -> None:
    fresh = settings_of(tmp_path / "new home")
    shown = run_steps(steps("Put back everything by hand"), fresh, target, copy=copy_name(target))
    assert "2 originals were read, 0 are wrong." in shown
    assert_restored(fresh)


def test_every_code_of_the_page_is_raised_by_the_program() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "archive").rglob("*.py"))
    codes = re.findall(r"^\| `(\w+_\w+)` \|", PAGE, re.MULTILINE)
    assert len(codes) >= 6
    assert [code for code in codes if f'"{code}"' not in source] == []
