"""`flask doctor`: one result per check, with advice where something is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from archive.models import Event, Job, MediaFile
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.cli_runner import CliRunner
from tests.support.searchable_interviews import add_interview_with_text, index_all
from transcription.engines.demo import DEMO

CHECKS = [
    *("python", "restore", "home", "private", "disk", "clock", "database", "events"),
    *("vault", "copies", "uploads", "backup", "index", "speech", "jobs", "worker"),
]


def run_doctor(runner: CliRunner) -> dict[str, dict[str, Any]]:
    process = runner.run("doctor", "--json")
    report = json.loads(process.stdout)
    checks = {check["check"]: check for check in report["checks"]}
    assert list(checks) == CHECKS
    faults = [check for check in checks.values() if check["state"] == "fault"]
    assert report["ok"] is not bool(faults)
    assert process.exit_code == (1 if faults else 0)
    for check in checks.values():
        assert check["detail"].endswith("."), check
        assert bool(check["advice"]) or check["state"] == "ok", check
    return checks


def test_doctor_of_a_new_archive_finds_no_fault(runner: CliRunner, toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    with toolbox.database.writing() as db:
        db.query(Job).delete()
    index_all(toolbox)
    result = run_doctor(runner)
    states = {name: check["state"] for name, check in result.items() if name != "disk"}
    assert {name for name, state in states.items() if state != "ok"} == {"backup", "speech"}
    assert "small.pt" in result["speech"]["advice"]
    assert result["index"]["detail"] == "Passages that can be found: 2."
    lines = runner.output("doctor").splitlines()
    assert len(lines) == len(CHECKS)


def test_doctor_with_a_model_in_its_folder_gives_no_advice(
    runner: CliRunner, toolbox: Toolbox
) -> None:
    shutil.copy(DEMO.path, toolbox.settings.models_dir / "ours.pt")
    object.__setattr__(toolbox.settings, "default_model", "ours.pt")
    speech = run_doctor(runner)["speech"]
    assert (speech["state"], speech["advice"]) == ("ok", "")
    assert "ours.pt" in speech["detail"]


def test_doctor_with_an_unknown_engine_reports_a_fault(runner: CliRunner, toolbox: Toolbox) -> None:
    object.__setattr__(toolbox.settings, "default_engine", "horn")
    speech = run_doctor(runner)["speech"]
    assert speech["state"] == "fault"
    assert "whisper" in speech["advice"]


def test_doctor_with_a_missing_original_names_it(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    [item] = runner.json("ingest", "LK-1", str(media_factory.write_wav(tmp_path)))
    assert run_doctor(runner)["vault"]["state"] == "ok"
    toolbox.vault.path(item["sha256"]).unlink()
    vault = run_doctor(runner)["vault"]
    assert vault["state"] == "fault"
    assert item["sha256"] in vault["detail"]


def test_doctor_with_a_file_without_record_warns(
    runner: CliRunner, toolbox: Toolbox, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    runner.json("ingest", "LK-1", str(media_factory.write_wav(tmp_path)))
    with toolbox.database.writing() as db:
        db.query(MediaFile).delete()
    assert run_doctor(runner)["vault"]["state"] == "warning"


def test_doctor_with_an_altered_event_reports_a_fault(runner: CliRunner, toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    with toolbox.database.writing() as db:
        event = db.query(Event).order_by(Event.number.desc()).first()
        assert event is not None
        event.actor_name = "another actor"
    assert run_doctor(runner)["events"]["state"] == "fault"


def test_doctor_with_a_failed_job_warns(runner: CliRunner, toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        db.add(Job(kind="derive", state="failed", problem="worker_lost"))
    jobs = run_doctor(runner)["jobs"]
    assert (jobs["state"], jobs["detail"]) == ("warning", "Work: 1 failed.")


def test_doctor_with_pending_index_changes_counts_them(runner: CliRunner, toolbox: Toolbox) -> None:
    index_all(toolbox)
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    index = run_doctor(runner)["index"]
    assert "1 interview" in index["detail"]
