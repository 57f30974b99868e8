"""Addresses with a former number, or another case, lead on to the interview."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from archive.actions.catalogue import interviews
from archive.actions.catalogue.interviews import Description
from archive.db import Database
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
TEST = rights_of_machine("test")
OLD, NEW = "/vi/interviews/LK-1", "/vi/interviews/VP-7"


@pytest.fixture(autouse=True)
def _renumbered(database: Database) -> None:
    """Interview VP-7, which was LK-1; its text is approved."""
    renumber(database, "public")


def renumber(database: Database, audience: str) -> None:
    description = Description(title="Cái giếng trong hẻm", audience=audience)
    with database.writing() as db:
        interview = interviews.by_accession(db, "LK-1")
        if interview is None:
            interview = sample_transcript.add_interview(db)
            sample_transcript.add_approved_version(db, interview)
        kept = replace(
            description,
            witnesses=interview.people("witness"),
            interviewers=interview.people("interviewer"),
        )
        interviews.update_description(
            db, TEST, interview, kept, revision=interview.revision, accession="VP-7"
        )


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        (OLD, NEW),
        ("/vi/interviews/lk-1", NEW),
        ("/vi/interviews/vp-7", NEW),
        (f"{OLD}?t=12-20&part=2&version=1", f"{NEW}?t=12-20&part=2&version=1"),
        (
            f"{OLD}?q=gi%E1%BA%BFng%20n%C6%B0%E1%BB%9Bc",
            f"{NEW}?q=gi%E1%BA%BFng%20n%C6%B0%E1%BB%9Bc",
        ),
        (f"{OLD}/cite?t=12-20", f"{NEW}/cite?t=12-20"),
        (f"{OLD}/words", f"{NEW}/words"),
        ("/en/interviews/Lk-1", "/en/interviews/VP-7"),
    ],
)
def test_former_address_redirects_with_its_query(
    client_of: ClientOf, address: str, leads_to: str
) -> None:
    answer = client_of(None).get(address)
    assert (answer.status_code, answer.location) == (302, leads_to)
    assert client_of(None).get(address, follow_redirects=True).status_code == 200


def test_pages_of_staff_and_the_api_lead_on(client_of: ClientOf) -> None:
    staff = client_of("hoa")
    for path in ("edit", "upload", "transcript/new", "contents", "history", "files"):
        answer = staff.get(f"{OLD}/{path}")
        assert (path, answer.status_code, answer.location) == (path, 302, f"{NEW}/{path}")
        assert staff.get(answer.location).status_code == 200
    answer = staff.get("/api/v1/interviews/lk-1/jobs", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.location) == (302, "/api/v1/interviews/VP-7/jobs")


def test_form_that_was_opened_under_the_former_number_is_saved(
    client_of: ClientOf, database: Database
) -> None:
    staff = client_of("hoa")
    answer = staff.post(f"{OLD}/contents", data={"at": "0:05", "title": "Giếng chung", "part": "1"})
    assert answer.status_code == 303
    assert "Giếng chung" in staff.get(answer.location, follow_redirects=True).text


def test_citation_and_page_have_the_present_number(client_of: ClientOf) -> None:
    data = client_of(None).get(f"{OLD}/cite?t=12-20", follow_redirects=True).get_json()
    assert "ký hiệu VP-7" in data["vietnamese"]
    assert data["address"].endswith("/vi/interviews/VP-7?t=12-20")
    page = client_of(None).get(NEW).text
    found = re.search(r"<dt>Ký hiệu cũ</dt><dd[^>]*>(.*?)</dd>", page)
    assert found is not None
    assert found[1] == "LK-1"


@pytest.mark.parametrize("path", ["", "/cite", "/words", "?t=12-20"])
def test_reader_who_may_not_know_it_gets_one_404_under_every_number(
    client_of: ClientOf, database: Database, path: str
) -> None:
    renumber(database, "staff")
    reader = client_of(None)
    answers = [
        reader.get(f"/vi/interviews/{number}{path}") for number in ("LK-1", "lk-1", "VP-7", "NO-1")
    ]
    pages = {re.sub(r'nonce="[^"]*"|(LK-1|lk-1|VP-7|NO-1)', "", one.text) for one in answers}
    pages = {re.sub(r'name="csrf.token"[^>]*', "", page) for page in pages}
    assert [one.status_code for one in answers] == [404] * 4
    assert len(pages) == 1


def test_new_interview_cannot_take_a_former_number(client_of: ClientOf) -> None:
    form = {"title": "Chuyện khác", "accession": "lk-1", "languages": "vi", "audience": "staff"}
    answer = client_of("hoa").post("/en/interviews", data=form)
    assert answer.status_code == 422
    assert "Another interview has or had the number lk-1." in answer.text


def test_history_shows_how_the_number_changed(client_of: ClientOf) -> None:
    assert "number LK-1 became VP-7" in client_of("hoa").get("/en/interviews/VP-7/history").text
