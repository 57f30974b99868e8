"""`flask demo load` and `flask demo remove`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from archive.actions.catalogue import interviews
from archive.models import Job
from archive.models.vocabulary import USER_ROLES
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.archive.conftest import OWN, SampleHome
from tests.support import media_factory
from transcription.engines.demo import DEMO


@pytest.fixture
def settings(with_sample: Settings) -> Settings:
    return with_sample


def test_demo_load_prints_one_account_for_each_role(app: Flask, sample_home: SampleHome) -> None:
    result = app.test_cli_runner().invoke(args=["demo", "load", "--json"])
    assert result.exit_code == 0
    output = json.loads(result.stdout)
    assert sorted(account["role"] for account in output["accounts"]) == sorted(USER_ROLES)
    assert all(len(account["password"]) >= 12 for account in output["accounts"])
    assert output["interviews"] == sample_home.loaded.interviews
    assert output["added"] == 0


def test_demo_load_without_json_prints_the_accounts_as_text(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["demo", "load"])
    assert result.exit_code == 0
    for role in USER_ROLES:
        assert any(line.startswith(f"{role} ") for line in result.stdout.splitlines())
    assert "invented" in result.stdout


def test_demo_remove_twice_removes_once(app: Flask, sample_home: SampleHome) -> None:
    runner = app.test_cli_runner()
    first = json.loads(runner.invoke(args=["demo", "remove", "--json"]).stdout)
    assert first == {"interviews": len(sample_home.loaded.interviews), "kept": []}
    second = json.loads(runner.invoke(args=["demo", "remove", "--json"]).stdout)
    assert second == {"interviews": 0, "kept": []}


def test_transcribe_of_a_real_recording_does_not_default_to_the_demo_model(
    app: Flask, toolbox: Toolbox
) -> None:
    result = app.test_cli_runner().invoke(args=["transcribe", OWN, "--json"])
    with toolbox.database.reading() as db:
        job = db.get_one(Job, json.loads(result.stdout)["job"])
    assert job.payload["model"] == Settings(home=Path(), database_url="").default_model
    assert job.payload["model"] != DEMO.info.name


def test_demo_load_with_a_used_name_fails_and_names_it(app: Flask, toolbox: Toolbox) -> None:
    runner = app.test_cli_runner()
    runner.invoke(args=["demo", "remove"])
    media_factory.add_interview(toolbox.database, "MAU-007")
    result = runner.invoke(args=["demo", "load", "--json"])
    assert result.exit_code == 1
    assert "MAU-007" in result.stderr
    with toolbox.database.reading() as db:
        interview = interviews.by_accession(db, "MAU-007")
        assert interview is not None
        assert not interview.is_sample
        assert interviews.by_accession(db, "MAU-001") is None
