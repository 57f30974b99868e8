"""`flask backup` and `flask restore`: sentences, exit codes, progress, kills."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from archive.actions.office import backup
from archive.actions.office.backup_folder import BackupFolder
from archive.cli import backups
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support.backups import assert_good, ingest, object_file
from tests.support.cli_runner import CliRunner
from tests.support.http_server import ROOT
from tests.support.worker_process import command, environment


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "usb"


def home_settings(home: Path) -> Settings:
    return Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")


def run_flask(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    process = subprocess.run(
        command(*words),
        cwd=ROOT,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in process.stderr
    return process


def test_backups_of_an_archive_without_events_go_on(target: Path, tmp_path: Path) -> None:
    """The backup itself is the first event, by which the archive is known from then on."""
    settings = home_settings(tmp_path / "home")
    for words in (("init",), ("backup", str(target)), ("backup", str(target))):
        process = run_flask(settings, *words)
        assert process.returncode == 0, process.stderr
    assert_good(target, copies=2)


def test_backup_prints_what_was_copied(
    runner: CliRunner, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    ingest(toolbox, tmp_path / "in")
    first = runner.output("backup", str(target)).splitlines()
    assert first[0].endswith("is finished: 2 originals (64\u00a0kB), 2 of them new.")
    report = runner.json("backup", str(target), "--with-key", "--check-all")
    assert (report["copied"], report["checked"], report["with_key"]) == (0, 2, True)
    assert_good(target, copies=2)


def test_backup_without_all_originals_exits_with_1_and_names_them(
    runner: CliRunner, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    [first, _second] = ingest(toolbox, tmp_path / "in")
    toolbox.vault.path(first).unlink()
    result = runner.run("backup", str(target), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["missing"] == [first]
    assert first in result.stderr


def test_refusals_are_sentences_with_a_code(
    runner: CliRunner,
    settings: Settings,
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = tmp_path / "papers"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    assert "holds other files" in runner.fails("backup_target_not_empty", "backup", str(other))
    inside = runner.fails("backup_target_inside", "backup", str(settings.home / "x"))
    assert "Back up to another disk." in inside
    monkeypatch.setattr(BackupFolder, "free_bytes", lambda _self: 1000)
    full = runner.fails("backup_target_full", "backup", str(target))
    assert "too small" in full
    assert "earlier backups are intact" in full
    monkeypatch.undo()
    assert "no finished backup" in runner.fails("no_backup", "restore", str(tmp_path / "nothing"))
    runner.output("backup", str(target))
    not_empty = runner.fails("restore_home_not_empty", "restore", str(target))
    assert "archive.db" in not_empty
    assert "Set LOIKE_HOME to a new, empty folder" in not_empty
    assert "earlier backups are intact" in runner.fails(
        "backup_target_unusable", "backup", str(tmp_path / "no" / "such")
    )


def test_interrupted_commands_say_what_is_safe(
    runner: CliRunner, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.output("backup", str(target))

    def interrupt(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backups.TerminalProgress, "__call__", interrupt)
    assert "earlier backups are intact" in runner.fails("backup_stopped", "backup", str(target))
    assert_good(target, copies=1)


def test_restore_prints_what_was_restored_and_the_archive_is_used(
    runner: CliRunner, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    ingest(toolbox, tmp_path / "in")
    runner.output("backup", str(target))
    fresh = home_settings(tmp_path / "new")
    process = run_flask(fresh, "restore", str(target), "--json")
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout)["originals"] == 2
    assert json.loads(run_flask(fresh, "init", "--json").stdout)["migrated"] is False
    checked = json.loads(run_flask(fresh, "fixity", "--all", "--json").stdout)
    assert checked == {"checked": 2, "wrong": []}


def test_restore_of_a_damaged_backup_names_what_is_lost_and_so_does_the_doctor(
    runner: CliRunner, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    [lost, _whole] = ingest(toolbox, tmp_path / "in")
    runner.output("backup", str(target), "--with-key")
    object_file(target, lost).write_bytes(b"x")
    key = next(target.glob("copies/*/secret_key"))
    key.write_text("x")
    fresh = home_settings(tmp_path / "new")
    refused = run_flask(fresh, "restore", str(target))
    assert refused.returncode == 1
    assert f"(2): {lost}, copies/{key.parent.name}/secret_key." in refused.stderr
    assert "add --accept-damaged" in refused.stderr
    accepted = run_flask(fresh, "restore", str(target), "--accept-damaged")
    assert accepted.returncode == 0, accepted.stderr
    assert f"Originals without their bytes: {lost}." in accepted.stderr
    assert f"Damaged, and left out: copies/{key.parent.name}/secret_key." in accepted.stderr
    doctor = run_flask(fresh, "doctor")
    assert f"Missing or wrong originals: 1 (missing: LK-1 {lost})." in doctor.stdout


@pytest.mark.parametrize("stored", ["[]", '{"format": 1, "objects": [{"size_bytes": -1}]}', "\xff"])
def test_restore_with_a_wrong_manifest_is_a_sentence(
    stored: str, runner: CliRunner, target: Path, tmp_path: Path
) -> None:
    runner.output("backup", str(target))
    next(target.glob("copies/*/manifest.json")).write_text(stored, encoding="latin-1")
    process = run_flask(home_settings(tmp_path / "new"), "restore", str(target))
    assert process.returncode == 1
    assert process.stderr.endswith("[backup_damaged]\n")


# Back up or restore in a process that is killed at a stage of the work.
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from app import create_app
from archive.access import machine, rights_today
from archive.actions.office import backup, restore
word, folder, stage = sys.argv[1:]
tools = create_app().extensions["loi_ke"]
rights = rights_today(machine("test"), tools.settings)
def on_progress(share, at):
    if at == stage and (share > 0 or at == "copying_database"):
        os.kill(os.getpid(), signal.SIGKILL)
if word == "backup":
    backup.back_up(tools, rights, Path(folder), options=backup.BackupOptions(),
                   on_progress=on_progress)
else:
    restore.restore(tools, rights, Path(folder), options=restore.RestoreOptions(),
                    on_progress=on_progress)
"""


def run_killed(settings: Settings, word: str, folder: Path, stage: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", KILLED_AT, word, str(folder), stage],
        cwd=ROOT,
        env=environment(settings),
        check=False,
    )
    assert process.returncode == -9


@pytest.mark.parametrize("stage", ["copying_database", "copying_originals", "checking_copies"])
def test_killed_backup_leaves_the_earlier_copy_and_the_next_one_is_good(
    stage: str,
    runner: CliRunner,
    toolbox: Toolbox,
    settings: Settings,
    target: Path,
    tmp_path: Path,
) -> None:
    ingest(toolbox, tmp_path / "in")
    runner.output("backup", str(target))
    ingest(toolbox, tmp_path / "in", accession="LK-22")
    run_killed(settings, "backup", target, stage)
    assert_good(target, copies=1)
    assert runner.json("backup", str(target))["originals"] == 4
    assert_good(target, copies=2)
    assert len(list((target / "copies").iterdir())) == 2
    assert not list(settings.home.glob(".backup/*"))


@pytest.mark.parametrize("stage", ["restoring_originals", "loading_database"])
def test_killed_restore_is_refused_by_others_and_run_again(
    stage: str, runner: CliRunner, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    originals = ingest(toolbox, tmp_path / "in", count=3)
    runner.output("backup", str(target))
    fresh = home_settings(tmp_path / "new")
    run_killed(fresh, "restore", target, stage)
    other = str(tmp_path / "other")
    words = [["init"], ["serve"], ["worker"], ["backup", other], ["search", "x"], ["reindex"]]
    for word in words:
        process = run_flask(fresh, *word)
        assert process.returncode == 1, process.stdout
        assert "Run flask restore again" in process.stderr
        assert process.stderr.endswith("[restore_unfinished]\n")
    doctor = run_flask(fresh, "doctor")
    assert doctor.returncode == 1
    assert "fault   restore   A restore into this folder was not finished." in doctor.stdout
    assert "flask init" not in doctor.stdout
    assert not Path(other).exists()
    again = run_flask(fresh, "restore", str(target), "--json")
    assert json.loads(again.stdout)["originals"] == 3, again.stderr
    found = [path.name for path in fresh.vault_dir.glob("objects/sha256/??/??/*")]
    assert sorted(found) == sorted(originals)
    assert run_flask(fresh, "worker", "--until-idle").returncode == 0


def test_progress_is_shown_on_a_terminal_only(
    toolbox: Toolbox, settings: Settings, target: Path, tmp_path: Path
) -> None:
    ingest(toolbox, tmp_path / "in")
    reading, terminal = pty.openpty()
    process = subprocess.run(
        command("backup", str(target)),
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=terminal,
        check=True,
    )
    os.close(terminal)
    shown = os.read(reading, 10_000).decode()
    os.close(reading)
    assert "copying the database" in shown
    assert "copying originals" in shown
    assert b"%" not in process.stdout
    assert run_flask(settings, "backup", str(target)).stderr == ""


def test_every_stage_has_a_text() -> None:
    source = (ROOT / "archive/actions/office/backup.py").read_text("utf-8")
    for name in ("backup_snapshot", "restore", "restored_files"):
        source += (ROOT / f"archive/actions/office/{name}.py").read_text("utf-8")
    assert all(f'"{stage}"' in source for stage in backups.STAGE_TEXTS)
    assert backup.LAST_BACKUP not in backups.STAGE_TEXTS
