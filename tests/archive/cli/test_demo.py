"""`flask demo …`, as a script calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from archive.actions import interviews
from archive.models import Job
from archive.models.user import ROLES
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.archive.conftest import OWN, SampleHome
from transcription.engines.demo import DEMO


@pytest.fixture
def settings(with_sample: Settings) -> Settings:
    return with_sample


def test_load_prints_one_account_for_each_role(app: Flask, sample_home: SampleHome) -> None:
    told = app.test_cli_runner().invoke(args=["demo", "load", "--json"])
    assert told.exit_code == 0
    answer = json.loads(told.stdout)
    assert sorted(account["role"] for account in answer["accounts"]) == sorted(ROLES)
    assert all(len(account["password"]) >= 12 for account in answer["accounts"])
    assert answer["interviews"] == sample_home.loaded.interviews
    assert answer["added"] == 0


def test_load_tells_a_person_the_same(app: Flask) -> None:
    told = app.test_cli_runner().invoke(args=["demo", "load"])
    assert told.exit_code == 0
    for role in ROLES:
        assert any(line.startswith(f"{role} ") for line in told.stdout.splitlines())
    assert "invented" in told.stdout


def test_remove_takes_it_out_and_can_be_said_twice(app: Flask, sample_home: SampleHome) -> None:
    runner = app.test_cli_runner()
    first = json.loads(runner.invoke(args=["demo", "remove", "--json"]).stdout)
    assert first == {"interviews": len(sample_home.loaded.interviews), "kept": []}
    again = json.loads(runner.invoke(args=["demo", "remove", "--json"]).stdout)
    assert again == {"interviews": 0, "kept": []}


def test_a_real_recording_never_gets_the_demo_model_unasked(app: Flask, toolbox: Toolbox) -> None:
    told = app.test_cli_runner().invoke(args=["transcribe", OWN, "--json"])
    with toolbox.database.reading() as db:
        job = db.get_one(Job, json.loads(told.stdout)["job"])
    assert job.payload["model"] == Settings(home=Path(), database_url="").default_model
    assert job.payload["model"] != DEMO.info.name


def test_what_stands_in_the_way_is_named_and_left_alone(app: Flask, toolbox: Toolbox) -> None:
    runner = app.test_cli_runner()
    runner.invoke(args=["demo", "remove"])
    make.interview(toolbox.database, "MAU-007")
    told = runner.invoke(args=["demo", "load", "--json"])
    assert told.exit_code == 1
    assert "MAU-007" in told.stderr
    with toolbox.database.reading() as db:
        own = interviews.by_accession(db, "MAU-007")
        assert own is not None
        assert not own.is_sample
        assert interviews.by_accession(db, "MAU-001") is None
