"""Asking for a transcription, keeping what was heard, and making one version of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, NotVisible, machine
from archive.actions import transcription, transcripts
from archive.actions.transcription import AlreadyUnderWay, NothingToHear, Sound, Wanted
from archive.models import Interview, MediaFile, PersonName
from archive.models.base import new_id
from tests import spoken

ActorOf = Callable[[str | None], Actor]
TEST = machine("test")
WANTED = Wanted(engine="whisper", model="small", language="vi")
DETAILS: dict[str, Any] = {"engine": "whisper", "model": "small", "prompt": ""}


@pytest.fixture
def of(db: Session) -> Interview:
    """An interview with an original."""
    row = spoken.interview(db)
    db.add(
        MediaFile(
            id=new_id(), interview_id=row.id, recording_id=row.recordings[0].id,
            role="original", sha256="a" * 64, filename="a.wav",
        )
    )  # fmt: skip
    db.flush()
    return row


def heard(start_ms: int, text: str) -> dict[str, Any]:
    words = [[start_ms + 100 * n, start_ms + 100 * (n + 1), w, 0.9]
             for n, w in enumerate(text.split())]  # fmt: skip
    return {"start_ms": start_ms, "end_ms": words[-1][1], "text": text, "words": words,
            "flags": []}  # fmt: skip


def test_one_at_a_time_and_only_with_something_to_hear(
    db: Session, of: Interview, actor_of: ActorOf
) -> None:
    job = transcription.request(db, actor_of("cleo"), of, WANTED)
    assert (job.lane, job.state, job.payload) == (
        "speech", "queued", {"engine": "whisper", "model": "small", "language": "vi"},
    )  # fmt: skip
    with pytest.raises(AlreadyUnderWay) as refused:
        transcription.request(db, actor_of("hoa"), of, WANTED)
    assert refused.value.facts == {"job_id": job.id}
    with pytest.raises(NothingToHear):
        transcription.request(db, TEST, spoken.interview(db, "LK-2"), WANTED)


def test_who_may_ask(db: Session, of: Interview, actor_of: ActorOf) -> None:
    for name in ("rob", "sam", None):
        with pytest.raises(NotAllowed):
            transcription.request(db, actor_of(name), of, WANTED)
    of.audience = "staff"
    with pytest.raises(NotVisible):
        transcription.request(db, actor_of("sam"), of, WANTED)


def test_the_hint_names_people_with_the_most_important_last(db: Session, of: Interview) -> None:
    of.keywords = ["hẻm", "bao cấp"]
    witness = of.people("witness")[0]
    witness.other_names.append(PersonName(id=new_id(), name="Sáu Sen"))
    assert transcription.prompt(of) == (
        "Tên riêng: hẻm, bao cấp, quận Bình Thạnh, Trần Minh, Sáu Sen, Nguyễn Thị Sen."
    )
    of.keywords, of.place_as_told = [], ""
    of.contributions.clear()
    assert transcription.prompt(of) == ""


def test_a_run_goes_on_only_where_everything_is_the_same(db: Session, of: Interview) -> None:
    sound = transcription.sounds(db, of)[0]
    first = transcription.find_run(db, new_id(), of.id, sound, DETAILS)
    assert transcription.find_run(db, new_id(), of.id, sound, DETAILS).id == first.id
    for changed in (
        transcription.find_run(db, new_id(), of.id, sound, {**DETAILS, "model": "tiny"}),
        transcription.find_run(
            db, new_id(), of.id,
            Sound(recording_id=sound.recording_id, part=1, sha256="b" * 64, duration_ms=1), DETAILS,
        ),
    ):  # fmt: skip
        assert changed.id != first.id


def test_chunks_become_one_version_once(db: Session, of: Interview) -> None:
    job = transcription.request(db, TEST, of, WANTED)
    sound = transcription.sounds(db, of)[0]
    run = transcription.find_run(db, job.id, of.id, sound, DETAILS)
    plan = [[0, 0, 5_000, "speech"], [1, 5_000, 9_000, "skipped"], [2, 9_000, 12_000, "speech"]]
    transcription.keep_plan(db, run.id, plan)
    transcription.keep_plan(db, run.id, [[0, 0, 1, "speech"]])
    assert [c.state for c in transcription.chunks(db, run.id)] == ["planned", "skipped", "planned"]
    assert run.speech_ms == 8_000
    for number, text in ((2, "Phải rồi."), (0, "Hồi đó hẻm tôi."), (0, "Không phải câu này.")):
        transcription.keep_chunk(
            db, run.id, number, segments=[heard(1_000 * (number * 4 + 1), text)],
            took_ms=900, attempts=1,
        )  # fmt: skip
    assert transcription.version_of(db, job.id) is None
    origin = transcripts.MachineOrigin(
        engine="whisper", model="small", model_sha256="9e", options={}
    )  # fmt: skip
    made = transcription.complete(db, TEST, of, [run], language="vi", origin=origin)
    assert [s.text for s in made.segments] == ["Hồi đó hẻm tôi.", "Phải rồi."]
    assert made.options["skipped"] == [[sound.recording_id, 5_000, 9_000]]
    assert made.segments[0].words[0] == [1_000, 1_100, "Hồi", 0.9, "asr"]
    assert transcription.version_of(db, job.id) is made
    assert transcription.chunks(db, run.id) == []
