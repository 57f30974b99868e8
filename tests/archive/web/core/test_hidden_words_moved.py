"""A word that is hidden at its corrected time is hidden at its earlier times, too."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.editing import structure
from archive.actions.editing.draft import Draft
from archive.actions.transcripts import versions
from archive.actions.transcripts.exports import writable_formats
from archive.models import Annotation, Interview, Segment, TranscriptVersion
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
TEST = rights_of_machine("test")
HIDDEN = "gánh"  # in "Sáng nào mấy bà cũng ra gánh nước từ sớm."
KEPT = "Thưa"  # the first word of another segment
SHIFT_MS = 20_000


@dataclass(frozen=True)
class Text:
    interview_id: str
    version_id: str
    recording_id: str


@pytest.fixture
def transcript(toolbox: Toolbox) -> Text:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        version = sample_transcript.add_version(db, interview)
        for segment in version.segments:
            segment.recording_id = interview.recordings[0].id
            segment.words = [[*word[:4], "asr"] for word in segment.words]
        return Text(interview.id, version.id, interview.recordings[0].id)


def draft(db: Session, text: Text, version_id: str) -> Draft:
    interview = db.get_one(Interview, text.interview_id)
    return Draft(db, TEST, interview, db.get_one(TranscriptVersion, version_id))


def shift(db: Session, text: Text, version_id: str) -> None:
    mended = draft(db, text, version_id)
    structure.shift(mended, first=mended.version.segments[0], by_ms=SHIFT_MS)
    db.flush()


def hide_word(db: Session, text: Text, version_id: str) -> None:
    segments = db.scalars(
        select(Segment).where(Segment.version_id == version_id, Segment.ended_at.is_(None))
    )
    [(start_ms, end_ms)] = [
        (word[0], word[1]) for segment in segments for word in segment.words if word[2] == HIDDEN
    ]
    db.add(
        Annotation(
            interview_id=text.interview_id,
            recording_id=text.recording_id,
            kind="redaction",
            start_ms=start_ms,
            end_ms=end_ms,
            title="",
        )
    )


def approve(db: Session, text: Text, version: TranscriptVersion) -> None:
    sample_transcript.approve(db, db.get_one(Interview, text.interview_id), version)


def open_second(db: Session, text: Text) -> TranscriptVersion:
    first = db.get_one(TranscriptVersion, text.version_id)
    approve(db, text, first)
    interview = db.get_one(Interview, text.interview_id)
    return versions.open_next(db, TEST, interview, first, reason="times")


def gives(client: FlaskClient, url: str, word: str) -> bool:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return word in answer.text or json.dumps(word).strip('"') in answer.text


def test_word_hidden_after_a_shift_is_in_no_earlier_revision(
    transcript: Text, toolbox: Toolbox, client_of: ClientOf
) -> None:
    with toolbox.database.writing() as db:
        shift(db, transcript, transcript.version_id)
        ids = list(db.scalars(select(Segment.id)))
        hide_word(db, transcript, transcript.version_id)
    version = transcript.version_id
    pages = [f"/en/versions/{version}/history", f"/en/versions/{version}/history?from=1-first&to=1"]
    pages += [f"/api/v1/transcripts/{version}?words=1", f"/api/v1/transcripts/{version}/words"]
    pages += [f"/api/v1/segments/{segment_id}/revisions" for segment_id in ids]
    historian = client_of("hoa")
    assert [url for url in pages if gives(historian, url, HIDDEN)] == []
    assert [url for url in pages if gives(client_of("cleo"), url, HIDDEN)] != []
    assert gives(historian, pages[2], KEPT)


def test_word_hidden_in_a_mended_version_is_in_no_earlier_version(
    transcript: Text, toolbox: Toolbox, client_of: ClientOf
) -> None:
    with toolbox.database.writing() as db:
        second = open_second(db, transcript)
        shift(db, transcript, second.id)
        approve(db, transcript, second)
        hide_word(db, transcript, second.id)
    public = client_of(None)
    pages = ["/en/interviews/LK-1", "/en/interviews/LK-1?version=1"]
    pages += [
        f"/en/versions/{transcript.version_id}/export/{name}"
        for name in writable_formats()
        if name != "docx"
    ]
    assert [url for url in pages if gives(public, url, HIDDEN)] == []
    assert [url for url in pages if not gives(public, url, KEPT)] == []


def test_version_that_is_being_mended_hides_words_of_the_published_one(
    transcript: Text, toolbox: Toolbox, client_of: ClientOf
) -> None:
    with toolbox.database.writing() as db:
        second = open_second(db, transcript)
        shift(db, transcript, second.id)
        hide_word(db, transcript, second.id)
    public = client_of(None)
    assert not gives(public, "/en/interviews/LK-1", HIDDEN)
    assert gives(public, "/en/interviews/LK-1", KEPT)


def test_words_at_the_same_times_stay_in_an_earlier_version(
    transcript: Text, toolbox: Toolbox, client_of: ClientOf
) -> None:
    """Only the hidden word, not its segment, and no equal word elsewhere."""
    with toolbox.database.writing() as db:
        second = open_second(db, transcript)
        approve(db, transcript, second)
        hide_word(db, transcript, second.id)
    page = client_of(None).get("/en/interviews/LK-1?version=1").text
    assert HIDDEN not in page
    assert "nước từ sớm" in page
