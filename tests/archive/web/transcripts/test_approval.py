"""The approval page: counts, reason, a text that changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from archive.db import Database
from archive.models.transcript import TranscriptVersion
from tests.support import approval_form, sample_transcript
from tests.support.html_pages import page_text

ClientOf = Callable[[str | None], FlaskClient]


@dataclass(frozen=True)
class Kept:
    """What a version keeps of its approval."""

    state: str
    reason: str


@pytest.fixture
def version_id(database: Database) -> str:
    """A version with one heard segment of 24, one doubted and two without a speaker."""
    lines = tuple(
        ("witness", number * 2_000, number * 2_000 + 2_000, f"Câu thứ {number}.")
        for number in range(24)
    )
    with database.writing() as db:
        interview = sample_transcript.add_interview(db)
        version = sample_transcript.add_version(db, interview, lines=lines)
        version.state = "editing"
        version.segments[0].state = "heard"
        version.segments[1].flags = ["loop"]
        for segment in version.segments[2:4]:
            segment.contribution_id = None
        return version.id


@pytest.fixture
def rob(client_of: ClientOf, version_id: str) -> FlaskClient:
    return client_of("rob")


def kept(database: Database, version_id: str) -> Kept:
    with database.reading() as db:
        version = db.get_one(TranscriptVersion, version_id)
        return Kept(version.state, version.approval_reason)


def send(client: FlaskClient, version_id: str, *, language: str = "en", **data: str) -> str:
    answer = client.post(f"/{language}/versions/{version_id}/approve", data=data)
    assert answer.status_code == 422
    return page_text(answer)


def test_page_counts_what_the_version_lacks(rob: FlaskClient, version_id: str) -> None:
    page = page_text(rob.get(f"/en/versions/{version_id}/approve"))
    for count in ("23 of 24", "1 of 24", "2 of 24"):
        assert page.count(f"{count}</td>") == 1
    assert "Approve as it is" in page
    assert 'name="reason"' in page


def test_page_of_complete_version_has_no_field_for_a_reason(
    rob: FlaskClient, version_id: str, database: Database
) -> None:
    with database.writing() as db:
        for segment in db.get_one(TranscriptVersion, version_id).segments:
            segment.state, segment.speaker_label = "heard", "Bà Sen"
    page = page_text(rob.get(f"/en/versions/{version_id}/approve"))
    assert 'name="reason"' not in page
    answer = approval_form.approve(rob, version_id, reason="")
    assert (answer.status_code, answer.location) == (303, "/en/interviews/LK-1")


@pytest.mark.parametrize("reason", ["", " \t ", "\u202e\u2066\u200b"])
def test_approve_without_visible_reason_is_refused(
    rob: FlaskClient, version_id: str, database: Database, reason: str
) -> None:
    seal = approval_form.read_seal(rob, version_id)
    page = send(rob, version_id, seal=seal, reason=reason)
    assert "without a speaker: give a reason." in page
    assert 'aria-invalid="true"' in page
    assert "cần ghi lý do" in send(rob, version_id, language="vi", seal=seal, reason=reason)
    assert kept(database, version_id) == Kept("editing", "")


def test_approve_with_reason_keeps_it_for_staff(
    rob: FlaskClient, version_id: str, database: Database, client_of: ClientOf
) -> None:
    reason = "băng hỏng, <b>không</b> nghe được"
    assert approval_form.approve(rob, version_id, reason=reason).status_code == 303
    assert kept(database, version_id) == Kept("approved", reason)
    history = client_of("hoa").get(f"/en/versions/{version_id}/history")
    assert "<b>không</b>" not in history.text
    assert reason in page_text(history)
    events = page_text(client_of("hoa").get("/en/interviews/LK-1/history"))
    assert "version 1 approved; 23 of 24 segments not checked; 1 of 24 doubted" in events
    assert "băng hỏng" in events
    for reader in ("sam", None):
        page = page_text(client_of(reader).get("/en/interviews/LK-1"))
        assert "băng hỏng" not in page
        assert "23 of 24 segments not checked" in page


def test_long_reason_is_refused_and_kept_in_the_form(
    rob: FlaskClient, version_id: str, database: Database
) -> None:
    seal = approval_form.read_seal(rob, version_id)
    page = send(rob, version_id, seal=seal, reason="ừ" * 100_000)
    assert "at most 500 characters" in page
    assert "ừ" * 100_000 in page
    assert kept(database, version_id).state == "editing"


def test_text_changed_after_the_page_was_opened_is_not_approved(
    rob: FlaskClient, version_id: str, database: Database, client_of: ClientOf
) -> None:
    seal = approval_form.read_seal(rob, version_id)
    with database.reading() as db:
        segment_id = db.get_one(TranscriptVersion, version_id).segments[0].id
    saved = client_of("cleo").patch(
        f"/api/v1/segments/{segment_id}",
        json={"text": "Câu khác hẳn.", "state": "edited"},
        headers={"If-Match": '"1"', "Idempotency-Key": "01JDEXAMPLE0000000000000A1"},
    )
    assert saved.status_code == 200
    page = send(rob, version_id, seal=seal, reason="không kịp nghe")
    assert "The text was changed while this page was open." in page
    assert "24 of 24</td>" in page, "the numbers of now"
    assert "không kịp nghe</textarea>" in page
    assert kept(database, version_id) == Kept("editing", "")
    assert approval_form.approve(rob, version_id, reason="không kịp nghe").status_code == 303


@pytest.mark.parametrize("data", [{}, {"reason": "vội"}, {"seal": "1-24-0-0-0", "reason": "vội"}])
def test_approve_without_having_seen_the_page_is_refused(
    rob: FlaskClient, version_id: str, database: Database, data: dict[str, str]
) -> None:
    assert "The text was changed" in send(rob, version_id, **data)
    assert kept(database, version_id) == Kept("editing", "")


def test_second_tab_cannot_approve_again(
    rob: FlaskClient, version_id: str, database: Database
) -> None:
    seal = approval_form.read_seal(rob, version_id)
    assert approval_form.approve(rob, version_id, reason="thẻ một").status_code == 303
    page = send(rob, version_id, seal=seal, reason="thẻ hai")
    assert "The state of this version has changed" in page
    assert kept(database, version_id) == Kept("approved", "thẻ một")
    assert "approved already" in page_text(rob.get(f"/en/versions/{version_id}/approve"))


def test_machine_text_has_no_form(rob: FlaskClient, version_id: str, database: Database) -> None:
    with database.writing() as db:
        db.get_one(TranscriptVersion, version_id).state = "machine"
    page = page_text(rob.get(f"/en/versions/{version_id}/approve"))
    assert "has not been checked or corrected yet" in page
    assert 'name="seal"' not in page
