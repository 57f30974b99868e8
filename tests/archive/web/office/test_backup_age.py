"""The age of the last good backup on the pages of settings and of jobs, and in doctor."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from archive.actions.office import backup_status
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from tests.support.backups import back_up, ingest
from tests.support.cli_runner import CliRunner

ClientOf = Callable[[str | None], FlaskClient]
NONE = "There is no backup of this archive yet."


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "usb"


def page(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.get_data(as_text=True).split())


def later(monkeypatch: pytest.MonkeyPatch, **passed: float) -> None:
    def now() -> datetime:
        return utc_now() + timedelta(**passed)

    monkeypatch.setattr(backup_status, "utc_now", now)


def test_pages_say_that_there_is_no_backup(client_of: ClientOf) -> None:
    assert NONE in page(client_of("ada"), "/en/jobs")
    assert NONE in page(client_of("cleo"), "/en/jobs")
    settings = page(client_of("ada"), "/en/office")
    assert '<span>Backup</span><span class="tabular-nums">none yet</span>' in settings
    assert "run flask backup" in settings
    assert "Kho này chưa có bản sao lưu nào." in page(client_of("ada"), "/vi/jobs")


@pytest.mark.parametrize(
    ("passed", "english", "vietnamese", "is_old"),
    [
        ({"minutes": 59}, "less than an hour ago", "chưa đầy một giờ trước", False),
        ({"minutes": 61}, "1 hour ago", "1 giờ trước", False),
        ({"hours": 47.9}, "47 hours ago", "47 giờ trước", False),
        ({"hours": 48.1}, "2 days ago", "2 ngày trước", True),
        ({"days": 400}, "400 days ago", "400 ngày trước", True),
    ],
)
def test_pages_show_the_age_of_the_last_good_backup(
    passed: dict[str, float],
    english: str,
    vietnamese: str,
    is_old: bool,
    client_of: ClientOf,
    toolbox: Toolbox,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    back_up(toolbox, target)
    later(monkeypatch, **passed)
    client = client_of("ada")
    assert f">{english}</span>" in page(client, "/en/office")
    assert f">{vietnamese}</span>" in page(client, "/vi/office")
    warning = f"The last good backup was made {english}."
    assert (warning in page(client, "/en/jobs")) == is_old
    assert ("làm " + vietnamese in page(client, "/vi/jobs")) == is_old
    assert str(target) not in page(client_of("cleo"), "/en/jobs")


def test_settings_page_names_missing_originals(
    client_of: ClientOf, toolbox: Toolbox, target: Path, tmp_path: Path
) -> None:
    [first, _second] = ingest(toolbox, tmp_path / "in")
    toolbox.vault.path(first).unlink()
    back_up(toolbox, target)
    assert "It lacks 1 original" in page(client_of("ada"), "/en/office")


def test_first_run_page_does_not_ask_for_a_backup(client_of: ClientOf) -> None:
    assert "Backup" not in client_of(None).get("/first-run").get_data(as_text=True)


def check(runner: CliRunner) -> dict[str, str]:
    report = json.loads(runner.run("doctor", "--json").stdout)
    [found] = [item for item in report["checks"] if item["check"] == "backup"]
    return dict(found)


def test_doctor_names_age_disk_and_missing_originals(
    app: object,
    toolbox: Toolbox,
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runner = CliRunner(app)  # type: ignore[arg-type]
    assert check(runner)["detail"] == "There is no backup of this archive."
    [first] = ingest(toolbox, tmp_path / "in", count=1)
    back_up(toolbox, target)
    found = check(runner)
    assert (found["state"], found["advice"]) == ("warning", "Back up to another disk.")
    monkeypatch.setattr(backup_status, "is_on_disk_of", lambda *_args: False)
    found = check(runner)
    assert found["state"] == "ok"
    assert found["detail"] == f"The last backup is less than an hour old, in {target}."
    later(monkeypatch, days=3)
    found = check(runner)
    assert (found["state"], found["detail"]) == (
        "warning",
        f"The last backup is 3 days old, in {target}.",
    )
    monkeypatch.setattr(backup_status, "utc_now", utc_now)
    toolbox.vault.path(first).unlink()
    back_up(toolbox, tmp_path / "second")
    assert "lacks 1 original" in check(runner)["detail"]


def test_backup_on_a_disk_that_is_taken_out_is_not_on_this_disk(
    toolbox: Toolbox, target: Path
) -> None:
    back_up(toolbox, target)
    with toolbox.database.reading() as db:
        last = backup_status.last_backup(db)
    assert last is not None
    assert backup_status.is_on_disk_of(last, toolbox.settings.home)
    gone = replace(last, target="/no/such/disk")
    assert not backup_status.is_on_disk_of(gone, toolbox.settings.home)
