"""Transcription runs: request, store chunks, complete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, NotVisible, Rights
from archive.actions.speech import runs
from archive.actions.speech.runs import (
    NoRecordings,
    SourceRecording,
    TranscriptionInProgress,
    TranscriptionOptions,
)
from archive.actions.transcripts import imports
from archive.models import Interview, MediaFile, PersonName
from archive.models.base import new_id
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]
TEST = rights_of_machine("test")
OPTIONS = TranscriptionOptions(engine="whisper", model="small", language="vi")
DETAILS: dict[str, Any] = {"engine": "whisper", "model": "small", "prompt": ""}


@pytest.fixture
def interview(db: Session) -> Interview:
    """An interview with an original."""
    row = sample_transcript.add_interview(db)
    db.add(
        MediaFile(
            id=new_id(),
            interview_id=row.id,
            recording_id=row.recordings[0].id,
            role="original",
            sha256="a" * 64,
            filename="a.wav",
        )
    )
    db.flush()
    return row


def chunk_segment(start_ms: int, text: str) -> dict[str, Any]:
    words = [
        [start_ms + 100 * n, start_ms + 100 * (n + 1), w, 0.9] for n, w in enumerate(text.split())
    ]
    return {"start_ms": start_ms, "end_ms": words[-1][1], "text": text, "words": words, "flags": []}


def test_request_twice_or_without_recording_is_refused(
    db: Session, interview: Interview, rights_of: RightsOf
) -> None:
    job = runs.request(db, rights_of("cleo"), interview, OPTIONS)
    assert (job.lane, job.state, job.payload) == (
        "speech",
        "queued",
        {"engine": "whisper", "model": "small", "language": "vi"},
    )
    with pytest.raises(TranscriptionInProgress) as refused:
        runs.request(db, rights_of("hoa"), interview, OPTIONS)
    assert refused.value.facts == {"job_id": job.id}
    with pytest.raises(NoRecordings):
        runs.request(db, TEST, sample_transcript.add_interview(db, "LK-2"), OPTIONS)


def test_request_is_allowed_by_role(db: Session, interview: Interview, rights_of: RightsOf) -> None:
    for name in ("rob", "sam", None):
        with pytest.raises(NotAllowed):
            runs.request(db, rights_of(name), interview, OPTIONS)
    interview.audience = "staff"
    with pytest.raises(NotVisible):
        runs.request(db, rights_of("sam"), interview, OPTIONS)


def test_build_prompt_puts_witnesses_last(db: Session, interview: Interview) -> None:
    interview.keywords = ["hẻm", "bao cấp"]
    witness = interview.people("witness")[0]
    witness.other_names.append(PersonName(id=new_id(), name="Sáu Sen"))
    assert runs.build_prompt(TEST, interview) == (
        "Tên riêng: hẻm, bao cấp, quận Bình Thạnh, Trần Minh, Sáu Sen, Nguyễn Thị Sen."
    )
    interview.keywords, interview.place_as_told = [], ""
    interview.contributions.clear()
    assert runs.build_prompt(TEST, interview) == ""


def test_find_or_create_run_resumes_same_identity_only(db: Session, interview: Interview) -> None:
    source = runs.source_recordings(db, interview)[0]
    first = runs.find_or_create_run(db, new_id(), interview.id, source, DETAILS)
    assert runs.find_or_create_run(db, new_id(), interview.id, source, DETAILS).id == first.id
    for changed in (
        runs.find_or_create_run(db, new_id(), interview.id, source, {**DETAILS, "model": "tiny"}),
        runs.find_or_create_run(
            db,
            new_id(),
            interview.id,
            SourceRecording(
                recording_id=source.recording_id, part=1, sha256="b" * 64, duration_ms=1
            ),
            DETAILS,
        ),
    ):
        assert changed.id != first.id


def test_complete_creates_one_version_from_chunks(db: Session, interview: Interview) -> None:
    job = runs.request(db, TEST, interview, OPTIONS)
    source = runs.source_recordings(db, interview)[0]
    run = runs.find_or_create_run(db, job.id, interview.id, source, DETAILS)
    plan = [[0, 0, 5_000, "speech"], [1, 5_000, 9_000, "skipped"], [2, 9_000, 12_000, "speech"]]
    runs.store_plan(db, run.id, plan)
    runs.store_plan(db, run.id, [[0, 0, 1, "speech"]])
    assert [c.state for c in runs.list_chunks(db, run.id)] == ["planned", "skipped", "planned"]
    assert run.speech_ms == 8_000
    for number, text in ((2, "Phải rồi."), (0, "Hồi đó hẻm tôi."), (0, "Không phải câu này.")):
        runs.store_chunk(
            db,
            run.id,
            number,
            segments=[chunk_segment(1_000 * (number * 4 + 1), text)],
            took_ms=900,
            attempts=1,
        )
    assert runs.finished_version(db, job.id) is None
    origin = imports.MachineOrigin(engine="whisper", model="small", model_sha256="9e", options={})
    version = runs.complete(db, TEST, interview, [run], language="vi", origin=origin)
    assert [s.text for s in version.segments] == ["Hồi đó hẻm tôi.", "Phải rồi."]
    assert version.options["skipped"] == [[source.recording_id, 5_000, 9_000]]
    assert version.segments[0].words[0] == [1_000, 1_100, "Hồi", 0.9, "asr"]
    assert runs.finished_version(db, job.id) is version
    assert runs.list_chunks(db, run.id) == []
