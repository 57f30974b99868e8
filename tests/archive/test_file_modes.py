"""Permissions of an older home: found by doctor, mended by init, and never by accident."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from archive import file_modes
from archive.settings import Settings
from tests.support import media_factory
from tests.support.cli_runner import CliRunner
from tests.support.http_server import ROOT
from tests.support.other_accounts import ACCOUNT, media_group, modes_open_to_others, paths_below
from tests.support.searchable_interviews import add_interview_with_text, index_all
from tests.support.worker_process import command, environment

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def older_home(app: Flask, settings: Settings, tmp_path: Path) -> Settings:
    """An archive as the first version left it under the umask 022."""
    runner, tools = CliRunner(app), app.extensions["loi_ke"]
    add_interview_with_text(tools, "LK-1", "Tôi bán gạo ở chợ.")
    index_all(tools)
    media_factory.add_interview(tools.database, "LK-2")
    runner.json("ingest", "LK-2", str(media_factory.write_wav(tmp_path)))
    for path in paths_below(settings.home):
        is_original = "objects" in path.parts and path.is_file()
        path.chmod(0o755 if path.is_dir() else 0o444 if is_original else 0o644)
    return settings


def private_check(settings: Settings) -> tuple[str, str, int]:
    """State and sentences of doctor's check, and its exit code."""
    result = CliRunner(create_app(settings)).run("doctor", "--json")
    [found] = [c for c in json.loads(result.stdout)["checks"] if c["check"] == "private"]
    return found["state"], f"{found['detail']} {found['advice']}", result.exit_code


def contents(home: Path) -> dict[Path, tuple[bytes, int]]:
    """Bytes and time of change of every file of the vault."""
    files = [path for path in paths_below(home / "vault") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_doctor_names_what_is_open_and_init_closes_it(older_home: Settings) -> None:
    before = contents(older_home.home)
    state, words, exit_code = private_check(older_home)
    assert (state, exit_code) == ("fault", 1)
    assert "archive.db" in words
    assert "flask init" in words
    assert CliRunner(create_app(older_home)).output("init")
    assert private_check(older_home)[0] == "ok"
    assert modes_open_to_others(older_home.home) == {}
    assert contents(older_home.home) == before
    [original] = (older_home.vault_dir / "objects").glob("*/??/??/*")
    assert stat.S_IMODE(original.stat().st_mode) == 0o400


def test_doctor_counts_what_it_does_not_name(older_home: Settings) -> None:
    _state, words, _code = private_check(older_home)
    count = len(modes_open_to_others(older_home.home))
    assert count > file_modes.MOST_NAMED
    assert f"{count} files and folders: " in words


def test_program_that_starts_closes_the_home_of_an_archive(older_home: Settings) -> None:
    subprocess.run(
        [*command("jobs")],
        cwd=ROOT,
        env=environment(older_home),
        check=True,
        capture_output=True,
    )
    assert stat.S_IMODE(older_home.home.stat().st_mode) == 0o700


def test_program_that_starts_leaves_a_folder_without_archive_as_it_is(
    tmp_path: Path, settings: Settings
) -> None:
    wrong = tmp_path / "documents"
    wrong.mkdir()
    wrong.chmod(0o755)
    create_app(replace(settings, home=wrong))
    assert stat.S_IMODE(wrong.stat().st_mode) == 0o755


def test_init_of_shared_folder_leaves_it_open_and_reports(tmp_path: Path, backend: str) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    settings = Settings(home=shared, database_url=f"sqlite:///{shared / 'archive.db'}")
    result = CliRunner(create_app(settings)).run("init")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777
    assert (result.exit_code, str(shared) in result.stderr) == (0, True)
    assert set(modes_open_to_others(shared)) == {"."}
    assert private_check(settings)[0] == "fault"


def test_init_leaves_foreign_files_alone_and_doctor_names_them(older_home: Settings) -> None:
    notes = older_home.home / "notes.txt"
    notes.write_text("of the office")
    notes.chmod(0o644)
    result = CliRunner(create_app(older_home)).run("init")
    assert "notes.txt" in result.stderr
    assert stat.S_IMODE(notes.stat().st_mode) == 0o644
    state, words, _code = private_check(older_home)
    assert (state, "1 files and folders: notes.txt." in words) == ("fault", True)


def test_vault_on_another_disk_is_closed_and_linked_models_are_left(
    older_home: Settings, tmp_path: Path
) -> None:
    disk, models = tmp_path / "disk", tmp_path / "models"
    shutil.move(older_home.vault_dir, disk)
    older_home.vault_dir.symlink_to(disk)
    shutil.move(older_home.models_dir, models)
    older_home.models_dir.symlink_to(models)
    CliRunner(create_app(older_home)).output("init")
    assert modes_open_to_others(disk) == {}
    assert stat.S_IMODE(models.stat().st_mode) == 0o755
    assert private_check(older_home)[0] == "ok"


def test_database_elsewhere_is_closed_and_its_folder_is_left(
    older_home: Settings, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "databases"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    moved = elsewhere / "archive.db"
    shutil.copy(older_home.home / "archive.db", moved)
    moved.chmod(0o644)
    settings = replace(older_home, database_url=f"sqlite:///{moved}")
    assert str(moved) in private_check_of_all(settings)
    CliRunner(create_app(settings)).output("init")
    assert set(modes_open_to_others(elsewhere)) == {"."}


def private_check_of_all(settings: Settings) -> str:
    """Every path that is open, which doctor shortens."""
    return " ".join(str(path) for path in file_modes.check_permissions(settings).open)


def test_media_group_gets_its_rights_by_init_and_loses_them_again(older_home: Settings) -> None:
    group = media_group()
    settings = replace(older_home, media_group=group.gr_name)
    CliRunner(create_app(older_home)).output("init")
    state, words, exit_code = private_check(settings)
    assert (state, exit_code) == ("fault", 1)
    assert f"The group {group.gr_name} cannot use" in words

    CliRunner(create_app(settings)).output("init")
    assert private_check(settings)[0] == "ok"
    [original] = (settings.vault_dir / "objects").glob("*/??/??/*")
    assert stat.S_IMODE(original.stat().st_mode) == 0o440
    assert original.stat().st_gid == group.gr_gid
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o710
    assert stat.S_IMODE(settings.parts_dir.stat().st_mode) == 0o700

    CliRunner(create_app(older_home)).output("init")
    assert modes_open_to_others(settings.home) == {}


def test_start_with_a_group_closes_the_inside_of_an_older_home_first(older_home: Settings) -> None:
    settings = replace(older_home, media_group=media_group().gr_name)
    vault = settings.vault_dir
    (vault / "incoming").chmod(0o755)
    create_app(settings)
    for folder in (settings.index_dir, settings.parts_dir, vault / "incoming"):
        assert folder.stat().st_mode & 0o077 == 0, folder
    assert settings.home.stat().st_mode & 0o077 == 0o010


def test_rights_of_another_group_count_as_open(older_home: Settings) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to a group that it is not in")
    settings = replace(older_home, media_group=media_group().gr_name)
    CliRunner(create_app(settings)).output("init")
    [original] = (settings.vault_dir / "objects").glob("*/??/??/*")
    os.chown(original, -1, 0)
    assert file_modes.check_permissions(settings).open == [original]
    CliRunner(create_app(settings)).output("init")
    assert file_modes.check_permissions(settings) == file_modes.WrongPermissions(
        open=[], unreadable=[]
    )


def test_doctor_names_what_root_made_in_the_home_of_another_account(older_home: Settings) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files to another account")
    CliRunner(create_app(older_home)).output("init")
    for path in paths_below(older_home.home):
        shutil.chown(path, ACCOUNT)
    assert private_check(older_home)[0] == "ok"
    CliRunner(create_app(older_home)).output("reindex")
    state, words, exit_code = private_check(older_home)
    assert (state, exit_code) == ("fault", 1)
    assert "index/current" in words
    assert "chown -R" in words


def test_nginx_without_a_group_is_a_warning(older_home: Settings) -> None:
    settings = replace(older_home, media_handoff="x-accel")
    result = CliRunner(create_app(settings)).run("init")
    assert (result.exit_code, "LOIKE_MEDIA_GROUP" in result.stderr) == (0, True)
    state, words, _code = private_check(settings)
    assert (state, "LOIKE_MEDIA_GROUP" in words) == ("warning", True)


def test_exported_transcript_is_private_under_an_open_umask(
    older_home: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "words.txt"
    subprocess.run(
        [*command("transcript", "export", "LK-1", "--format", "txt", "-o", str(target))],
        cwd=ROOT,
        env=environment(older_home),
        umask=0,
        check=True,
        capture_output=True,
    )
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def require_limited_root() -> None:
    """Skip where no process can be started that may not change files of another account."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root, with setpriv, can run a process that may not change files")


def without_right_to_change(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run as a process that gets EPERM from chmod on files of another account."""
    settings = Settings(home=folder, database_url=f"sqlite:///{folder / 'archive.db'}")
    return subprocess.run(
        ["setpriv", "--bounding-set", "-fowner", "--inh-caps", "-fowner", *words],
        cwd=ROOT,
        env=environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )


def test_disk_that_refuses_chmod_is_named_and_stops_neither_init_nor_doctor(
    tmp_path: Path, backend: str
) -> None:
    require_limited_root()
    home = tmp_path / "home"
    (home / "vault").mkdir(parents=True)
    for folder in (home, home / "vault"):
        folder.chmod(0o777)
        shutil.chown(folder, ACCOUNT)
    made = without_right_to_change(home, *command("init"))
    assert made.returncode == 0, made.stderr
    assert f"2 files and folders: {home}, vault." in made.stderr
    checked = without_right_to_change(home, *command("doctor"))
    assert checked.returncode == 1
    assert f"2 files and folders: {home}, vault." in checked.stdout
    assert "FAT" in checked.stdout
    assert stat.S_IMODE(home.stat().st_mode) == 0o777


def test_disk_that_refuses_chmod_still_keeps_an_original(tmp_path: Path, backend: str) -> None:
    require_limited_root()
    arrived = tmp_path / "arrived"
    arrived.write_text("lời kể")
    arrived.chmod(0o644)
    shutil.chown(arrived, ACCOUNT)
    code = (
        "import sys; from pathlib import Path; from media.vault import Vault;"
        "vault = Vault(Path(sys.argv[1])); stored = vault.adopt(Path(sys.argv[2]));"
        "print(vault.check(stored.sha256).state)"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "vault"), str(arrived)]
    adopted = without_right_to_change(tmp_path, *words)
    assert (adopted.stdout, adopted.returncode) == ("ok\n", 0), adopted.stderr


def test_group_that_the_account_is_not_in_is_refused(backend: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become a second account")
    account = pwd.getpwnam(ACCOUNT)
    code = (
        "import os; from archive.settings import Settings; os.setgroups([]);"
        f"os.setgid({account.pw_gid}); os.setuid({account.pw_uid}); Settings.from_env()"
    )
    group = media_group().gr_name
    tried = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "LOIKE_MEDIA_GROUP": group},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"LOIKE_MEDIA_GROUP='{group}' is not usable" in tried.stderr
    assert "belongs to" in tried.stderr
