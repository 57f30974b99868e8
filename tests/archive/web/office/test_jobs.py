"""Jobs in the browser: JSON, panel, cancel, retry, permissions."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from archive import queue
from archive.actions.holdings import local_ingest
from archive.db import Database
from archive.models import Job
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from tests.support import media_factory, sample_transcript
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]


@pytest.fixture
def job(database: Database) -> str:
    """A transcription in the middle of its work."""
    with database.writing() as db:
        of = sample_transcript.add_interview(db)
        row = queue.enqueue(db, "transcribe", lane="speech", interview_id=of.id)
        row.state, row.progress, row.message = "running", 0.4321, "hearing"
        row.detail = {"left_ms": 840_000, "heard_ms": 60_000, "speech_ms": 150_000}
        return row.id


def state(database: Database, job_id: str) -> tuple[str, bool]:
    with database.reading() as db:
        row = db.get_one(Job, job_id)
        return row.state, row.cancel_requested


def test_job_json_has_state_and_progress(job: str, client_of: ClientOf) -> None:
    data = client_of("rob").get(f"/api/v1/jobs/{job}").get_json()
    assert (data["state"], data["stage"], data["progress"]) == ("running", "hearing", 0.4321)
    assert (data["left_ms"], data["interview"], data["is_open"]) == (840_000, "LK-1", True)
    listed = client_of("rob").get("/api/v1/interviews/LK-1/jobs").get_json()["jobs"]
    assert [one["id"] for one in listed] == [job]


def test_panel_shows_progress_without_script(job: str, client_of: ClientOf) -> None:
    for address in (f"/en/jobs/{job}/panel", "/en/interviews/LK-1", "/en/jobs"):
        page = html.unescape(client_of("cleo").get(address).get_data(as_text=True))
        for text in (
            "43",
            "transcribing",
            "about 14 minutes left",
            "00:01:00 of 00:02:30 of speech",
            "Stop this job",
        ):
            assert text in page, (address, text)
    assert "Stop this job" not in client_of("rob").get(f"/en/jobs/{job}/panel").get_data(
        as_text=True
    )


def test_page_has_three_groups_with_housekeeping_folded(
    job: str, client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        interview_id = db.get_one(Job, job).interview_id
        queue.enqueue(db, "derive", interview_id=interview_id)
        queue.enqueue(db, "derive", interview_id=interview_id)
        queue.enqueue(db, "sweep")
        queue.enqueue(db, "backup").state = "waiting"
    page = client_of("ada").get("/en/jobs").text
    waiting, working, queued = (
        part.split('</section>\n<section class="job-section"')[0]
        for part in page.split('<h2 id="')[1:4]
    )
    assert waiting.startswith("waiting")
    assert "<details" not in waiting
    assert working.startswith("working")
    assert "transcribing" in working
    assert queued.startswith("queued")
    assert "1 more job of this interview" in queued
    assert "1 job of the archive itself" in queued.replace("\n", "")


def test_nothing_is_left_at_a_hundred_percent(
    job: str, client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        row = db.get_one(Job, job)
        row.progress, row.detail = 1.0, row.detail | {"left_ms": 5_000}
    assert " left" not in html.unescape(client_of("cleo").get(f"/en/jobs/{job}/panel").text)


def test_cancel_works_once_and_redirects_back(
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
        "//evil.test/",
        "/\\evil.test",
        "https://evil.test/",
        "/\t/evil.test",
        "http://[",
        "http://localhost//evil.test/",
    ],
)
def test_redirect_back_stays_on_this_site(job: str, client_of: ClientOf, elsewhere: str) -> None:
    # A browser that names its origin decides by it: the Referer only leads back.
    sent = {"Referer": elsewhere.strip(), "Origin": "http://localhost"}
    answer = client_of("cleo").post(
        f"/en/jobs/{job}/cancel", data={"next": elsewhere}, headers=sent
    )
    assert answer.location.startswith("/en/")


def test_retry_restarts_failed_job(job: str, client_of: ClientOf, database: Database) -> None:
    cleo = client_of("cleo")
    assert cleo.post(f"/en/jobs/{job}/retry").status_code == 422
    with database.writing() as db:
        row = db.get_one(Job, job)
        row.state, row.problem, row.finished_at = "failed", "hearing_memory", utc_now()
    page = html.unescape(cleo.get("/en/interviews/LK-1").get_data(as_text=True))
    assert "This machine has too little memory for the speech model." in page
    assert cleo.post(f"/en/jobs/{job}/retry").status_code == 303
    assert state(database, job) == ("queued", False)
    for name in ("rob", "sam"):
        assert client_of(name).post(f"/en/jobs/{job}/retry").status_code == 403


def test_missing_model_message_links_to_its_download(
    job: str, client_of: ClientOf, database: Database
) -> None:
    address = "https://models.example.invalid/small.pt"
    with database.writing() as db:
        row = db.get_one(Job, job)
        row.state, row.problem = "waiting", "model_missing"
        row.detail = {"model": "small", "file": "small.pt", "folder": "models", "url": address}
    page = client_of("cleo").get(f"/en/jobs/{job}/panel").text
    assert f'<a href="{address}" rel="noopener noreferrer">' in page


def test_finished_transcription_links_to_its_version(
    job: str, client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        row = db.get_one(Job, job)
        row.state, row.result = "done", {"version": 3}
    page = client_of("cleo").get(f"/en/jobs/{job}/panel").get_data(as_text=True)
    assert 'href="/en/interviews/LK-1?version=3"' in page


def test_missing_copies_are_requested_for_all_interviews(
    toolbox: Toolbox, client_of: ClientOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    local_ingest.ingest_file(
        toolbox, rights_of_machine("test"), "LK-1", path=media_factory.write_wav(tmp_path)
    )
    with toolbox.database.writing() as db:
        db.execute(delete(Job))
    client = client_of("hoa")
    assert "Make missing copies" in client.get("/en/jobs").get_data(as_text=True)
    for sentence in ("The missing copies of 1 file will be made.", "No copy is missing."):
        answer = client.post("/en/jobs/copies", follow_redirects=True)
        assert sentence in answer.get_data(as_text=True)
    with toolbox.database.reading() as db:
        assert [job.kind for job in db.query(Job)] == ["derive"]
    assert "Make missing copies" not in client_of("cleo").get("/en/jobs").get_data(as_text=True)


def test_interview_offers_to_make_missing_copies(
    toolbox: Toolbox, client_of: ClientOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    local_ingest.ingest_file(
        toolbox, rights_of_machine("test"), "LK-1", path=media_factory.write_wav(tmp_path)
    )
    address = "/en/interviews/LK-1/files"
    assert "Make missing copies" not in client_of("ben").get(address).get_data(as_text=True)
    with toolbox.database.writing() as db:
        db.execute(delete(Job))
    page = client_of("ben").get(address).get_data(as_text=True)
    assert "Make missing copies" in page
    assert "Its copies have not been made yet." in page
    assert "Make missing copies" not in client_of("cleo").get(address).get_data(as_text=True)
    answer = client_of("ben").post("/en/interviews/LK-1/copies")
    assert answer.location.endswith("/en/interviews/LK-1#files-h")
    assert "Make missing copies" not in client_of("ben").get(address).get_data(as_text=True)


def test_job_that_waits_for_a_person_shows_why_and_is_retried(
    toolbox: Toolbox, client_of: ClientOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    local_ingest.ingest_file(
        toolbox, rights_of_machine("test"), "LK-1", path=media_factory.write_wav(tmp_path)
    )
    with toolbox.database.writing() as db:
        row = db.query(Job).filter_by(kind="derive").one()
        row.state, row.problem = "waiting", "interrupted_too_often"
        row.interruptions = queue.MOST_INTERRUPTIONS
        row.created_at -= timedelta(days=30)
    client = client_of("ben")
    for address, sentence in (
        ("/en/jobs", "The worker was ended 10 times during this job"),
        ("/en/interviews/LK-1/files", "The worker was ended 10 times during this job"),
        ("/vi/jobs", "Tiến trình xử lý bị ngắt 10 lần"),
    ):
        assert sentence in client.get(address).get_data(as_text=True), address
    assert client.post(f"/en/jobs/{row.id}/retry").status_code == 303
    with toolbox.database.reading() as db:
        again = db.get_one(Job, row.id)
        assert (again.state, again.interruptions, again.problem) == ("queued", 0, "")
