"""`flask access explain`: its JSON, its day, and what it refuses."""

from __future__ import annotations

import pytest

from archive.access import ACTIONS
from archive.actions.catalogue import interviews
from archive.actions.catalogue.interviews import Description
from archive.db import Database
from tests.support import sample_transcript
from tests.support.cli_runner import CliRunner
from tests.support.rights import rights_of_machine


@pytest.fixture(autouse=True)
def _interview(database: Database) -> None:
    with database.writing() as db:
        sample_transcript.add_interview(db)


def test_explain_answers_for_the_public_on_the_current_day(runner: CliRunner) -> None:
    result = runner.json("access", "explain", "LK-1")
    assert (result["accession"], result["as"]) == ("LK-1", "public")
    rows = {row["action"]: (row["is_allowed"], row["reason"]) for row in result["actions"]}
    assert list(rows) == list(ACTIONS)
    assert rows["know"] == (True, "audience")
    assert rows["read"] == (False, "nothing_named")
    assert rows["approve"] == (False, "sign_in")
    lines = runner.output("access", "explain", "LK-1").splitlines()
    assert lines[0].split() == ["know", "yes", "audience"]


def test_explain_answers_on_another_day(runner: CliRunner) -> None:
    assert runner.json("access", "explain", "LK-1", "--on", "2031-05-01")["on"] == "2031-05-01"


def test_explain_refuses_unknown_things(runner: CliRunner) -> None:
    runner.fails("not_visible", "access", "explain", "LK-9")
    runner.fails("unknown_account", "access", "explain", "LK-1", "--as", "nobody@archive.test")
    runner.usage_error("access", "explain", "LK-1", "--on", "soon")


def test_commands_find_an_interview_by_a_former_number_in_any_case(
    runner: CliRunner, database: Database
) -> None:
    with database.writing() as db:
        interview = sample_transcript.find_interview(db)
        sample_transcript.add_version(db, interview)
        interviews.update_description(
            db,
            rights_of_machine("test"),
            interview,
            Description(title="Chuyện", audience="public"),
            revision=interview.revision,
            accession="VP-7",
        )
    for number in ("VP-7", "vp-7", "LK-1", "lk-1"):
        assert runner.json("access", "explain", number)["accession"] == "VP-7"
        assert "VP-7" in runner.output("transcript", "export", number, "--format", "txt")
