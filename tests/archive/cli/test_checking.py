"""`flask doctor`: a sentence for everything, and what to do where something is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from archive.models import Event, Job, MediaFile
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.shell import Shell
from tests.told import index_all, told
from transcription.engines.demo import DEMO

CHECKS = ["python", "home", "disk", "database", "events", "vault", "index", "speech", "jobs"]


def checks(shell: Shell) -> dict[str, dict[str, Any]]:
    result = shell.run("doctor", "--json")
    told = json.loads(result.stdout)
    found = {check["check"]: check for check in told["checks"]}
    assert list(found) == CHECKS
    faults = [check for check in found.values() if check["state"] == "fault"]
    assert told["ok"] is not bool(faults)
    assert result.exit_code == (1 if faults else 0)
    for check in found.values():
        assert check["detail"].endswith("."), check
        assert bool(check["advice"]) or check["state"] == "ok", check
    return found


def test_a_new_archive_is_well(shell: Shell, toolbox: Toolbox) -> None:
    told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    with toolbox.database.writing() as db:
        db.query(Job).delete()
    index_all(toolbox)
    found = checks(shell)
    states = {name: check["state"] for name, check in found.items() if name != "disk"}
    assert {name for name, state in states.items() if state != "ok"} == {"speech"}
    assert "small.pt" in found["speech"]["advice"]
    assert found["index"]["detail"] == "2 passages can be found."
    lines = shell.says("doctor").splitlines()
    assert len(lines) == len(CHECKS)


def test_a_model_in_its_folder_needs_no_advice(shell: Shell, toolbox: Toolbox) -> None:
    shutil.copy(DEMO.path, toolbox.settings.models_dir / "ours.pt")
    object.__setattr__(toolbox.settings, "default_model", "ours.pt")
    speech = checks(shell)["speech"]
    assert (speech["state"], speech["advice"]) == ("ok", "")
    assert "ours.pt" in speech["detail"]


def test_an_engine_that_does_not_exist(shell: Shell, toolbox: Toolbox) -> None:
    object.__setattr__(toolbox.settings, "default_engine", "horn")
    speech = checks(shell)["speech"]
    assert speech["state"] == "fault"
    assert "whisper" in speech["advice"]


def test_a_missing_original_is_named(shell: Shell, toolbox: Toolbox, tmp_path: Path) -> None:
    make.interview(toolbox.database)
    [item] = shell.json("ingest", "LK-1", str(make.sound(tmp_path)))
    assert checks(shell)["vault"]["state"] == "ok"
    toolbox.vault.path(item["sha256"]).unlink()
    vault = checks(shell)["vault"]
    assert vault["state"] == "fault"
    assert item["sha256"] in vault["detail"]


def test_a_file_without_a_record_is_a_warning(
    shell: Shell, toolbox: Toolbox, tmp_path: Path
) -> None:
    make.interview(toolbox.database)
    shell.json("ingest", "LK-1", str(make.sound(tmp_path)))
    with toolbox.database.writing() as db:
        db.query(MediaFile).delete()
    assert checks(shell)["vault"]["state"] == "warning"


def test_a_changed_event_is_found(shell: Shell, toolbox: Toolbox) -> None:
    told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    with toolbox.database.writing() as db:
        event = db.query(Event).order_by(Event.number.desc()).first()
        assert event is not None
        event.actor_name = "somebody else"
    assert checks(shell)["events"]["state"] == "fault"


def test_work_that_failed_is_a_warning(shell: Shell, toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        db.add(Job(kind="derive", state="failed", problem="worker_lost"))
    jobs = checks(shell)["jobs"]
    assert (jobs["state"], jobs["detail"]) == ("warning", "Work: 1 failed.")


def test_an_index_that_lags_says_by_how_much(shell: Shell, toolbox: Toolbox) -> None:
    index_all(toolbox)
    told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    index = checks(shell)["index"]
    assert "1 interview" in index["detail"]
