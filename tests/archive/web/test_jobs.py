"""Work in the browser: the numbers, the panel, stop and try again, and who may."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive import queue
from archive.db import Database
from archive.models import Job
from tests import spoken

ClientOf = Callable[[str | None], FlaskClient]


@pytest.fixture
def job(database: Database) -> str:
    """A transcription in the middle of its work."""
    with database.writing() as db:
        of = spoken.interview(db)
        row = queue.enqueue(db, "transcribe", lane="speech", interview_id=of.id)
        row.state, row.progress, row.message = "running", 0.4321, "hearing"
        row.detail = {"left_ms": 840_000, "heard_ms": 60_000, "speech_ms": 150_000}
        return row.id


def state(database: Database, job_id: str) -> tuple[str, bool]:
    with database.reading() as db:
        row = db.get_one(Job, job_id)
        return row.state, row.cancel_requested


def test_the_numbers_of_a_job(job: str, client_of: ClientOf) -> None:
    told = client_of("rob").get(f"/api/v1/jobs/{job}").get_json()
    assert (told["state"], told["stage"], told["progress"]) == ("running", "hearing", 0.4321)
    assert (told["left_ms"], told["interview"], told["is_open"]) == (840_000, "LK-1", True)
    listed = client_of("rob").get("/api/v1/interviews/LK-1/jobs").get_json()["jobs"]
    assert [one["id"] for one in listed] == [job]


def test_the_panel_says_how_far_it_is_without_a_script(job: str, client_of: ClientOf) -> None:
    for address in (f"/en/jobs/{job}/panel", "/en/interviews/LK-1", "/en/jobs"):
        page = html.unescape(client_of("cleo").get(address).get_data(as_text=True))
        for said in ("43", "writing down what is said", "about 14 minutes left",
                     "00:01:00 of 00:02:30 of speech", "Stop this work"):  # fmt: skip
            assert said in page, (address, said)
    assert "Stop this work" not in client_of("rob").get(f"/en/jobs/{job}/panel").get_data(
        as_text=True
    )


def test_it_is_stopped_once_and_leads_back_to_the_page(
    job: str, client_of: ClientOf, database: Database
) -> None:
    cleo = client_of("cleo")
    here = {"Referer": "http://localhost/en/interviews/LK-1"}
    answer = cleo.post(f"/en/jobs/{job}/cancel", headers=here)
    assert (answer.status_code, answer.location) == (303, "/en/interviews/LK-1")
    assert state(database, job) == ("running", True)
    assert cleo.post(f"/en/jobs/{job}/cancel").status_code == 422


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.test/", "/\\evil.test", "https://evil.test/", "/\t/evil.test", "http://[",
        "http://localhost//evil.test/",
    ],
)  # fmt: skip
def test_nobody_is_led_out_of_the_house(job: str, client_of: ClientOf, elsewhere: str) -> None:
    answer = client_of("cleo").post(
        f"/en/jobs/{job}/cancel", data={"next": elsewhere}, headers={"Referer": elsewhere.strip()}
    )
    assert answer.location.startswith("/en/")


def test_what_failed_is_started_again(job: str, client_of: ClientOf, database: Database) -> None:
    cleo = client_of("cleo")
    assert cleo.post(f"/en/jobs/{job}/retry").status_code == 422
    with database.writing() as db:
        row = db.get_one(Job, job)
        row.state, row.problem = "failed", "hearing_memory"
    page = html.unescape(cleo.get("/en/interviews/LK-1").get_data(as_text=True))
    assert "This machine has too little memory for the speech model." in page
    assert cleo.post(f"/en/jobs/{job}/retry").status_code == 303
    assert state(database, job) == ("queued", False)
    for name in ("rob", "sam"):
        assert client_of(name).post(f"/en/jobs/{job}/retry").status_code == 403


def test_where_a_model_is_published_can_be_followed(
    job: str, client_of: ClientOf, database: Database
) -> None:
    address = "https://models.example.invalid/small.pt"
    with database.writing() as db:
        row = db.get_one(Job, job)
        row.state, row.problem = "waiting", "model_missing"
        row.detail = {"model": "small", "file": "small.pt", "folder": "models", "url": address}
    page = client_of("cleo").get(f"/en/jobs/{job}/panel").text
    assert f'<a href="{address}" rel="noopener noreferrer">' in page


def test_a_text_that_is_ready_is_one_click_away(
    job: str, client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        row = db.get_one(Job, job)
        row.state, row.result = "done", {"version": 3}
    page = client_of("cleo").get(f"/en/jobs/{job}/panel").get_data(as_text=True)
    assert 'href="/en/interviews/LK-1?version=3"' in page
