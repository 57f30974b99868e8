"""A rule that closes one action of readers closes it on every page, and leaves the others."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from archive.access import READER_ACTIONS, ReaderAction
from archive.actions.transcripts.redaction import HIDDEN_MARK
from archive.models import Interview, MediaFile, TranscriptVersion
from archive.toolbox import Toolbox
from tests.archive.web.core.conftest import CloseByRule
from tests.support import sample_transcript

ClientOf = Callable[[str | None], FlaskClient]
PAGE = "/vi/interviews/LK-1"


@pytest.fixture
def addresses(toolbox: Toolbox) -> dict[str, str]:
    """Where a public interview with sound and an approved text may be read, heard and so on."""
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        version = sample_transcript.add_approved_version(db, interview)
        sound = MediaFile(
            interview_id=interview.id,
            recording_id=interview.recordings[0].id,
            role="access",
            path="a.m4a",
            media_type="audio/mp4",
        )
        db.add(sound)
        db.flush()
        copy = toolbox.derivatives_dir / "a.m4a"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(b"sound")
        return {
            "know": PAGE,
            "read": f"{PAGE}/words",
            "hear": f"/media/{sound.id}",
            "download": f"/vi/versions/{version.id}/export/txt",
            "quote": f"{PAGE}/cite",
        }


def is_given(client: FlaskClient, address: str) -> bool:
    """Return whether something is given: without a readable text there are no words."""
    response = client.get(address)
    return response.status_code == 200 and response.data.strip() != b"{}"


@pytest.mark.parametrize("closed", READER_ACTIONS)
def test_a_rule_closes_one_action_on_every_page(
    closed: ReaderAction,
    addresses: dict[str, str],
    client_of: ClientOf,
    toolbox: Toolbox,
    close: CloseByRule,
) -> None:
    with toolbox.database.reading() as db:
        interview_id = db.scalars(select(Interview.id)).one()
        words = db.scalars(select(TranscriptVersion)).one().segments[0].text
    public = client_of(None)
    assert all(is_given(public, address) for address in addresses.values())
    close(interview_id, closed)
    closes: dict[str, set[str]] = {"know": {*READER_ACTIONS}, "read": {"read", "download"}}
    for action, address in addresses.items():
        expected = action not in closes.get(closed, {closed})
        assert is_given(public, address) is expected, action
    page = public.get(PAGE).get_data(as_text=True)
    marks = {"read": words, "hear": "/media/", "download": "/export/", "quote": "data-citation"}
    for action, mark in marks.items():
        expected = action not in closes.get(closed, {closed})
        assert (mark in page) is expected, action


@pytest.mark.parametrize("closed", READER_ACTIONS)
def test_a_rule_of_a_recording_closes_the_words_of_it(
    closed: ReaderAction,
    addresses: dict[str, str],
    client_of: ClientOf,
    toolbox: Toolbox,
    close: CloseByRule,
) -> None:
    with toolbox.database.reading() as db:
        version = db.scalars(select(TranscriptVersion)).one()
        words, recording_id = version.segments[0].text, version.segments[0].recording_id
    assert recording_id is not None
    close(recording_id, closed)
    public = client_of(None)
    page = public.get(PAGE).get_data(as_text=True)
    export = public.get(addresses["download"]).get_data(as_text=True)
    assert (words in page) is (closed not in ("know", "read"))
    assert (HIDDEN_MARK in page) is (closed == "read")
    assert (words in export) is (closed not in ("know", "read", "download"))
    assert (public.get(addresses["hear"]).status_code == 200) is (closed not in ("know", "hear"))
    if closed != "know":
        passage = "?t=1-3"
        assert (public.get(addresses["quote"] + passage).status_code == 200) is (closed != "quote")
        assert ("data-citation" in public.get(PAGE + passage).text) is (closed != "quote")
    assert ("hiện chưa mở cho người nghe" in page) is (closed == "hear")
    speaks = f'data-segment="{version.segments[0].id}"'
    assert (speaks in page) is (closed != "know"), "an unknown recording has no turns"


def test_a_closed_recording_is_not_shown_as_missing(
    addresses: dict[str, str],
    client_of: ClientOf,
    toolbox: Toolbox,
    close: CloseByRule,
) -> None:
    with toolbox.database.reading() as db:
        interview_id = db.scalars(select(Interview.id)).one()
    close(interview_id, "hear", "read")
    page = client_of(None).get(PAGE.replace("/vi/", "/en/")).get_data(as_text=True)
    assert "The recording is not open to listeners now." in page
    assert "There is one, but it is not open to readers now." in page
    assert "nothing to hear or read" not in page
