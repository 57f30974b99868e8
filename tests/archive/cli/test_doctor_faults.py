"""`flask doctor` ends with 1 for every fault, and with 0 once it is mended."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app import create_app
from archive import migrations
from archive.actions.holdings import fixity
from archive.actions.office import clock_check
from archive.actions.office.clock_check import find_jump
from archive.jobs.worker import Worker
from archive.models import Event, Job, MediaFile, Outbox
from archive.models.base import utc_now
from archive.queue import MOST_INTERRUPTIONS, enqueue
from archive.toolbox import Toolbox
from tests.archive.cli.test_doctor import run_doctor
from tests.support import media_factory
from tests.support.cli_runner import CliRunner
from tests.support.http_server import ROOT
from tests.support.rights import rights_of_machine
from tests.support.searchable_interviews import add_interview_with_text
from tests.support.small_disk import delete, fill, mounted, use_up_inodes
from tests.support.worker_process import command, environment

DAY = 24 * 60  # minutes
YEAR = 365 * DAY


def damage_page(toolbox: Toolbox, table: str) -> bytes:
    """Overwrite the first page of a table; return the file as it was."""
    file = toolbox.settings.home / "archive.db"
    toolbox.database.dispose()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [root] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
        [size] = connection.execute("PRAGMA page_size")
    connection.close()
    before = file.read_bytes()
    start = (root[0] - 1) * size[0]
    file.write_bytes(before[:start] + b"\xff" * size[0] + before[start + size[0] :])
    return before


def test_damaged_page_is_a_fault(runner: CliRunner, toolbox: Toolbox) -> None:
    before = damage_page(toolbox, "annotation")
    database = run_doctor(runner)["database"]
    assert database["state"] == "fault"
    assert "damaged" in database["detail"]
    toolbox.database.dispose()
    (toolbox.settings.home / "archive.db").write_bytes(before)
    assert run_doctor(runner)["database"]["state"] == "ok"


def test_daily_job_finds_a_damaged_page(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        enqueue(db, "check_database", lane="files")
    Worker(toolbox).run_until_idle()
    damage_page(toolbox, "annotation")
    with toolbox.database.writing() as db:
        enqueue(db, "check_database", lane="files")
    Worker(toolbox).run_until_idle()
    with toolbox.database.reading() as db:
        jobs = db.scalars(select(Job).where(Job.kind == "check_database").order_by(Job.id)).all()
    assert [job.state for job in jobs] == ["done", "failed"]
    assert jobs[1].problem == "database_damaged"


def ingest(runner: CliRunner, toolbox: Toolbox, folder: Path) -> str:
    media_factory.add_interview(toolbox.database)
    [item] = runner.json("ingest", "LK-1", str(media_factory.write_wav(folder)))
    return str(item["sha256"])


def check_state(toolbox: Toolbox, sha256: str) -> str:
    with toolbox.database.reading() as db:
        return db.scalars(select(MediaFile.check_state).where(MediaFile.sha256 == sha256)).one()


def overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)
    path.chmod(0o400)


@pytest.mark.parametrize("wrong", ["missing", "shorter", "written to", "changed by the disk"])
def test_missing_or_wrong_original_is_a_fault_until_it_is_put_back(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path, wrong: str
) -> None:
    sha256 = ingest(runner, toolbox, tmp_path)
    path = toolbox.vault.path(sha256)
    content = path.read_bytes()
    if wrong == "missing":
        path.unlink()
    elif wrong == "shorter":
        overwrite(path, content[:-1])
    elif wrong == "written to":
        overwrite(path, b"\0" + content[1:])
        with toolbox.database.writing() as db:
            db.query(MediaFile).update({"received_at": utc_now() - timedelta(hours=1)})
    else:
        times = path.stat().st_atime_ns, path.stat().st_mtime_ns
        overwrite(path, b"\0" + content[1:])
        os.utime(path, ns=times)
        assert runner.run("fixity", "--all").exit_code == 1  # only reading everything finds it
    for _ in range(2):
        vault = run_doctor(runner)["vault"]
        assert vault["state"] == "fault"
        assert sha256 in vault["detail"]
    state = {"missing": "missing"}.get(wrong, "mismatch")
    assert check_state(toolbox, sha256) == state
    if path.exists():
        overwrite(path, content)
    else:
        path.write_bytes(content)
    assert run_doctor(runner)["vault"]["state"] == "ok"
    assert check_state(toolbox, sha256) == "ok"
    with toolbox.database.reading() as db:
        last = db.scalars(
            select(Event).where(Event.kind == "fixity.checked").order_by(Event.number.desc())
        ).first()
        assert last is not None
        assert last.outcome == "success"


def test_time_of_a_file_that_lies_ahead_is_no_sign_of_a_change(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    """Else doctor would read every original at each run, until the clock is there."""
    path = toolbox.vault.path(ingest(runner, toolbox, tmp_path))
    ahead = path.stat().st_mtime + 400 * 86_400
    os.utime(path, (ahead, ahead))
    with toolbox.database.reading() as db:
        assert fixity.find_suspects(db, rights_of_machine("test"), toolbox.vault) == []


def test_fixity_command_follows_a_repair_by_hand(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    sha256 = ingest(runner, toolbox, tmp_path)
    path = toolbox.vault.path(sha256)
    shutil.move(path, tmp_path / "aside")
    assert runner.run("fixity").exit_code == 1
    assert check_state(toolbox, sha256) == "missing"
    shutil.move(tmp_path / "aside", path)
    assert runner.run("fixity").exit_code == 0  # without --all
    assert check_state(toolbox, sha256) == "ok"


@pytest.mark.parametrize("take", [fill, use_up_inodes], ids=["no-bytes", "no-inodes"])
@pytest.mark.parametrize("folder", ["derivatives", "vault"])
def test_full_disk_is_a_fault(
    toolbox: Toolbox, take: Callable[[Path], list[Path]], folder: str
) -> None:
    path = toolbox.settings.home / folder
    with mounted(path, mib=4, inodes=64):
        runner = CliRunner(create_app(toolbox.settings))  # started with this disk
        taken = take(path)
        disk = run_doctor(runner)["disk"]
        assert disk["state"] == "fault"
        assert str(path) in disk["detail"]
        delete(taken)
        assert run_doctor(runner)["disk"]["state"] != "fault"


def test_missing_copies_are_a_fault_until_they_are_queued(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    ingest(runner, toolbox, tmp_path)
    assert run_doctor(runner)["copies"]["state"] == "ok"
    with toolbox.database.writing() as db:
        db.query(Job).delete()
    assert run_doctor(runner)["copies"]["state"] == "fault"
    runner.output("derive")
    assert run_doctor(runner)["copies"]["detail"] == "Originals whose copies are being made: 1."
    with toolbox.database.writing() as db:
        job = db.scalars(select(Job).where(Job.kind == "derive")).one()
        job.state, job.interruptions = "waiting", MOST_INTERRUPTIONS
    assert run_doctor(runner)["copies"]["state"] == "fault"  # it waits for a person


@pytest.mark.parametrize("hours", [-1, 24 * 365], ids=["hour-ago", "year-ahead"])
def test_outbox_that_nothing_indexes_is_a_fault(
    runner: CliRunner, toolbox: Toolbox, hours: int
) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    assert run_doctor(runner)["index"]["state"] != "fault"
    with toolbox.database.writing() as db:
        db.execute(update(Outbox).values(at=utc_now() + timedelta(hours=hours)))
    assert run_doctor(runner)["index"]["state"] == "fault"
    Worker(toolbox).run_until_idle()
    assert run_doctor(runner)["index"]["state"] == "ok"


def test_unreadable_upload_is_a_fault(runner: CliRunner, toolbox: Toolbox) -> None:
    toolbox.parts.create("whole", 10)
    toolbox.parts.create("damaged", 10)
    assert run_doctor(runner)["uploads"]["state"] == "ok"
    (toolbox.parts.root / "damaged.json").write_bytes(b"\0\0\0")
    uploads = run_doctor(runner)["uploads"]
    assert uploads["state"] == "fault"
    assert "damaged" in uploads["detail"]
    assert "whole" not in uploads["detail"]


def set_last_events(toolbox: Toolbox, *minutes_ago: int) -> None:
    """Give the last events these ages, the newest event last; those before have the first."""
    with toolbox.database.writing() as db:
        db.execute(update(Event).values(at=utc_now() - timedelta(minutes=minutes_ago[0])))
        events = db.scalars(select(Event).order_by(Event.number.desc()).limit(len(minutes_ago)))
        for event, minutes in zip(events, reversed(minutes_ago), strict=True):
            event.at = utc_now() - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("minutes_ago", "sentence"),
    [
        ((10, -60), "The clock is 60 minutes behind the last event."),
        ((60, 120), "The clock was set back by 60 minutes in the last week."),
        ((60, 60 + YEAR, 30), "The clock was set back by 365 days in the last week."),
        ((30, 20 - YEAR, 10), "The clock was set back by 365 days in the last week."),
        ((30 + 8 * DAY, 20 - YEAR, 10 + 8 * DAY), ""),
        ((0, 0), ""),
        ((0, 3), ""),
    ],
    ids=["behind", "set-back", "was-back", "was-ahead", "was-ahead-long-ago", "right", "small"],
)
def test_clock_that_jumped_is_a_fault(
    runner: CliRunner, toolbox: Toolbox, minutes_ago: tuple[int, ...], sentence: str
) -> None:
    for number in (1, 2, 3):
        add_interview_with_text(toolbox, f"LK-{number}", "Tôi bán gạo ở chợ.")
    set_last_events(toolbox, *minutes_ago)
    clock = run_doctor(runner)["clock"]
    assert (clock["state"] == "fault") is bool(sentence)
    assert not sentence or clock["detail"] == sentence


def test_clock_unlike_that_of_the_server_is_found(
    toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_check, "utc_now", lambda: utc_now() - timedelta(hours=2))
    monkeypatch.setattr(clock_check, "database_now", lambda _db: utc_now())
    with toolbox.database.reading() as db:
        jump = find_jump(db)
    assert jump is not None
    assert jump.kind == "server_differs"


@pytest.mark.parametrize("harm", ["missing", "without tables", "without rows"])
def test_lost_records_beside_originals_are_a_fault_with_the_advice_of_init(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path, harm: str
) -> None:
    ingest(runner, toolbox, tmp_path)
    toolbox.database.dispose()
    for file in toolbox.settings.home.glob("archive.db*"):
        file.unlink()
    if harm == "without tables":
        (toolbox.settings.home / "archive.db").touch()
    elif harm == "without rows":
        migrations.upgrade(toolbox.settings.database_url)
    doctor = subprocess.run(
        command("doctor"),
        cwd=ROOT,
        env=environment(toolbox.settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert doctor.returncode == 1
    advice = "The files of an archive are here, but the database that describes them is missing"
    [report] = [line for line in doctor.stdout.splitlines() if " database " in line[:20]]
    assert report.startswith("fault")
    assert advice in report
    assert "flask init" not in doctor.stdout
