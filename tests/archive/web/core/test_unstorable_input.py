"""Input that no database can store: the answer is a sentence, on either database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from archive.actions.accounts import accounts
from archive.actions.discovery import rebuilding
from archive.models import Contribution, Interview, TranscriptVersion
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.cast import CAST
from tests.support.recorded_parameters import record_parameters

ClientOf = Callable[[str | None], FlaskClient]
HUGE = "9" * 40
# As they stand in a query or a form: NUL, a number beyond every column, bytes that are not
# UTF-8, one half of a surrogate pair.
VALUES = ["a%00b", "%00", HUGE, f"-{HUGE}", "%ff", "%ed%a0%80"]
# Without these fields a route reads only some of its parameters.
NEEDED = {
    "interviews.show": {"t": "1"},
    "uploads.may_be_known": {"accession": "LK-1", "length": "10"},
    "uploads.find_known": {"accession": "LK-1", "length": "10", "sha256": "0" * 64},
}
# Names that are known to be read, so that a fault in the recording is noticed.
KNOWN = {
    "GET": {"q", "page", "collection", "from", "to", "set", "sort", "part", "version"},
    "POST": {"email", "password", "name", "role", "title", "full_name", "model", "sha256"},
}
both_databases = pytest.mark.parametrize(
    "backend",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
    indirect=True,
)


@pytest.fixture
def ids(toolbox: Toolbox) -> dict[str, str]:
    """The arguments of routes for one interview with a transcript and for one account."""
    with toolbox.database.writing() as db:
        interview: Interview = sample_transcript.add_interview(db)
        version: TranscriptVersion = sample_transcript.add_version(db, interview)
        user = accounts.by_email(db, CAST["sam"].email)
        person_id = db.scalars(select(Contribution.person_id)).first()
        assert user is not None
        assert person_id is not None
        segment_id = version.segments[0].id
    rebuilding.rebuild(toolbox)
    return {
        "lang_code": "en",
        "accession": interview.accession,
        "version_id": version.id,
        "segment_id": segment_id,
        "format_name": "txt",
        "person_id": person_id,
        "user_id": user.id,
    }


def rules_with(app: Flask, method: str, ids: dict[str, str]) -> list[Rule]:
    """Return the routes of a method that need no other arguments than these."""
    rules = [r for r in app.url_map.iter_rules() if method in (r.methods or ())]
    return [r for r in rules if r.arguments <= ids.keys() and not r.rule.startswith("/static")]


def address_of(app: Flask, rule: Rule, ids: dict[str, str]) -> str:
    """Return the path of a route about these objects."""
    arguments: dict[str, Any] = {name: ids[name] for name in rule.arguments}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **arguments)


def send(client: FlaskClient, method: str, address: str, fields: str) -> TestResponse:
    """Send the fields as a query, or as a form."""
    if method == "GET":
        return client.get(f"{address}?{fields}")
    return client.post(address, data=fields, content_type="application/x-www-form-urlencoded")


def assert_no_error(answer: TestResponse, *request: str) -> None:
    text = answer.get_data(as_text=True)
    assert answer.status_code < 500, (*request, text[-2000:])
    assert "The system had an error" not in text, request


@both_databases
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_parameter_that_is_read_with_an_unstorable_value_is_answered(
    app: Flask, client_of: ClientOf, ids: dict[str, str], method: str
) -> None:
    """The names are those that the route reads; a value may make it read more of them."""
    read = record_parameters(app)
    names_of_all: set[str] = set()
    for rule in rules_with(app, method, ids):
        address = address_of(app, rule, ids)
        client, needed = client_of("ada"), NEEDED.get(rule.endpoint, {})
        read.clear()
        assert_no_error(send(client, method, address, urlencode(needed)), address)
        assert needed.keys() <= read, f"{rule.endpoint} does not read all of {needed}"
        sent: set[str] = set()
        while new := sorted(read - sent):
            one_bad = [f"{name}={VALUES[0]}" for name in new]
            all_bad = ["&".join(f"{name}={value}" for name in new) for value in VALUES]
            for bad in one_bad + all_bad:  # the first of two fields of the same name is read
                answer = send(client, method, address, f"{bad}&{urlencode(needed)}")
                assert_no_error(answer, address, bad)
            sent |= set(new)
        names_of_all |= sent
    assert KNOWN[method] - names_of_all == set()


@both_databases
@pytest.mark.parametrize(
    "address", ["/en/interviews/%00", "/en/interviews/LK-1%00", "/en/people/%00"]
)
def test_an_address_with_what_cannot_be_stored(client_of: ClientOf, address: str) -> None:
    for name in ("ben", None):
        assert_no_error(client_of(name).get(address), address)


@both_databases
def test_sign_in_with_what_cannot_be_stored(client_of: ClientOf) -> None:
    fields = urlencode({"email": "a\x00@b.test", "password": "x\x00"})
    assert_no_error(send(client_of(None), "POST", "/en/sign-in", fields), fields)


@pytest.mark.parametrize("year", ["9" * 5_000, HUGE, "-1", "1９75"])
def test_a_year_of_too_many_figures_gets_its_sentence(client_of: ClientOf, year: str) -> None:
    sent = {"title": "Chợ", "languages": "vi", "audience": "staff", "told_from": year}
    answer = client_of("ben").post("/en/interviews", data=sent)
    assert answer.status_code == 422
    assert "A year is four digits" in answer.get_data(as_text=True)
