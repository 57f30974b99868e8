"""The page and the command that explain decisions give the answers of `may()`."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from archive.access import ACTIONS, READER_ACTIONS
from archive.actions.rights import explanations
from archive.models import Interview, User
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.cast import CAST, EVERYBODY
from tests.support.cli_runner import CliRunner
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
PAGE = "/en/interviews/LK-1/rights"
NAMES = ["public" if name is None else CAST[name].email for name in EVERYBODY]


@pytest.fixture(params=["public", "registered", "staff"], autouse=True)
def interview_id(toolbox: Toolbox, request: pytest.FixtureRequest) -> str:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db, audience=request.param)
        sample_transcript.add_version(db, interview)
        return interview.id


def answers_of(page: str) -> list[bool]:
    return [kind == "yes" for kind in re.findall(r"explanations__answer--(yes|no)", page)]


def test_page_and_command_answer_as_may_does_for_everybody(
    toolbox: Toolbox, interview_id: str, client_of: ClientOf, app: Flask
) -> None:
    ada, runner = client_of("ada"), CliRunner(app)
    for name in NAMES:
        with toolbox.database.reading() as db:
            reader = explanations.rights_as(db, name, toolbox.settings)
            interview = db.get_one(Interview, interview_id)
            expected = explanations.explain(db, rights_of_machine("t"), interview, reader=reader)
        page = ada.get(PAGE, query_string={"as": name}).get_data(as_text=True)
        assert answers_of(page) == [one.is_allowed for one in expected], name
        printed = runner.json("access", "explain", "LK-1", "--as", name)
        assert [row["action"] for row in printed["actions"]] == list(ACTIONS)
        assert [row["is_allowed"] for row in printed["actions"]] == [e.is_allowed for e in expected]
        assert [row["reason"] for row in printed["actions"]] == [e.reason for e in expected]


def test_page_without_a_choice_answers_for_the_public(client_of: ClientOf) -> None:
    page = client_of("ada").get(PAGE).get_data(as_text=True)
    assert '<option value="public" selected>' in page
    assert len(answers_of(page)) == len(ACTIONS)
    assert not any(answers_of(page)[len(READER_ACTIONS) :])


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"as": "nobody@archive.test"}, "There is no account nobody@archive.test."),
        ({"as": "<b>\x00"}, "There is no account <b>"),
        ({"on": "2026"}, "This is not a day. Write it as "),
        ({"on": "2026-02-30"}, "This is not a day."),
        ({"on": "9" * 5000}, "This is not a day."),
        ({"on": "2026-W01-1"}, "This is not a day."),
        ({"on": "9999-12-31"}, "This is not a day."),
        ({"on": "0001-01-01"}, "This is not a day."),
    ],
)
def test_page_names_a_wrong_reader_or_day_and_answers_nothing(
    query: dict[str, str], sentence: str, client_of: ClientOf
) -> None:
    response = client_of("ada").get(PAGE, query_string=query)
    page = html.unescape(response.get_data(as_text=True))
    assert (response.status_code, sentence in page) == (422, True)
    assert answers_of(page) == []


def test_page_shows_the_reader_for_whom_it_answers(client_of: ClientOf) -> None:
    email = CAST["cleo"].email
    page = client_of("ada").get(PAGE, query_string={"as": f" {email.upper()} "}).text
    assert re.search(rf'<option value="{re.escape(email)}" selected>', page)
    assert any(answers_of(page)[len(READER_ACTIONS) :])


def test_page_and_command_say_that_an_account_is_closed(
    toolbox: Toolbox, client_of: ClientOf, app: Flask
) -> None:
    email = CAST["cleo"].email
    sentence = "This account is closed"
    ada, runner = client_of("ada"), CliRunner(app)
    assert sentence not in ada.get(PAGE, query_string={"as": email}).text
    assert runner.json("access", "explain", "LK-1", "--as", email)["account_closed"] is False
    with toolbox.database.writing() as db:
        db.query(User).filter_by(email=email).update({"is_active": False})
    page = ada.get(PAGE, query_string={"as": email}).text
    assert sentence in page
    assert not any(answers_of(page)[len(READER_ACTIONS) :])
    assert runner.json("access", "explain", "LK-1", "--as", email)["account_closed"] is True


def test_page_keeps_the_day_beside_an_unknown_reader(client_of: ClientOf) -> None:
    query = {"as": "nobody@archive.test", "on": "2027-05-06"}
    page = client_of("ada").get(PAGE, query_string=query).text
    assert 'value="6 May 2027"' in page


@pytest.mark.parametrize(
    ("language", "typed", "shown"),
    [
        ("vi", "31/12/2026", "31-12-2026"),
        ("vi", "ngày 31 tháng 12 năm 2026", "31-12-2026"),
        ("en", "2026-12-31", "31 December 2026"),
    ],
)
def test_page_reads_a_day_and_shows_it_as_other_pages_do(
    language: str, typed: str, shown: str, client_of: ClientOf
) -> None:
    address = f"/{language}/interviews/LK-1/rights"
    page = client_of("ada").get(address, query_string={"on": typed}).get_data(as_text=True)
    assert f'name="on" type="text" value="{shown}"' in page
    assert len(answers_of(page)) == len(ACTIONS)
