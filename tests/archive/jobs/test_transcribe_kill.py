"""A worker killed during a transcription: the next one continues and the text is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from archive.access import Rights
from archive.actions.holdings import local_ingest
from archive.actions.speech import runs
from archive.actions.speech.runs import TranscriptionOptions
from archive.jobs import transcribe_child
from archive.models import (
    Interview,
    Job,
    TranscriptionChunk,
    TranscriptionRun,
    TranscriptVersion,
)
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.worker_process import WorkerProcess, wait_until
from transcription.engines.demo import SAMPLES_DIR

RECORDING = SAMPLES_DIR / "interview_doi_moi.opus"
KILL_AFTER_CHUNKS = (2, 5)  # chunks of about twelve


@pytest.fixture
def worker(settings: Settings) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(settings)
    yield worker
    worker.kill()


def request_transcription(toolbox: Toolbox, rights: Rights, accession: str) -> str:
    """Ingest the sample recording into a new interview and request its transcription."""
    interview_id = media_factory.add_interview(toolbox.database, accession)
    local_ingest.ingest_file(toolbox, rights, accession, path=RECORDING)
    with toolbox.database.writing() as db:
        options = TranscriptionOptions(engine="whisper", model="demo", language="vi")
        return runs.request(db, rights, db.get_one(Interview, interview_id), options).id


def finished_chunks(toolbox: Toolbox, job_id: str) -> list[tuple[int, str, list[Any]]]:
    """Return number, row id and segments of every finished chunk of a job."""
    with toolbox.database.reading() as db:
        rows = (
            db.query(TranscriptionChunk)
            .join(TranscriptionRun, TranscriptionRun.id == TranscriptionChunk.run_id)
            .filter(TranscriptionRun.job_id == job_id, TranscriptionChunk.state == "done")
            .order_by(TranscriptionChunk.number)
        )
        return [(row.number, row.id, row.segments) for row in rows]


def job_of(toolbox: Toolbox, job_id: str) -> Job:
    with toolbox.database.reading() as db:
        return db.get_one(Job, job_id)


def text_of(toolbox: Toolbox, job_id: str) -> list[tuple[Any, ...]]:
    with toolbox.database.reading() as db:
        [version] = (
            db.query(TranscriptVersion)
            .filter_by(interview_id=job_of(toolbox, job_id).interview_id)
            .all()
        )  # exactly one: nothing twice
        return [(s.start_ms, s.end_ms, s.text, s.words, s.flags) for s in version.segments]


def wait_for_chunks(toolbox: Toolbox, job_id: str, count: int) -> None:
    wait_until(lambda: len(finished_chunks(toolbox, job_id)) >= count, message="too few chunks")


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.timeout(900)
def test_transcription_killed_twice_continues_and_gives_the_same_text(
    toolbox: Toolbox, rights_of: Callable[[str | None], Rights], worker: WorkerProcess
) -> None:
    rights = rights_of("ben")
    killed_job = request_transcription(toolbox, rights, "LK-1")
    before: list[tuple[int, str, list[Any]]] = []
    transcribed_ms = 0
    for chunks in KILL_AFTER_CHUNKS:
        worker.start()
        wait_for_chunks(toolbox, killed_job, chunks)
        worker.kill()
        assert job_of(toolbox, killed_job).state == "running"  # nothing could store another state
        after = finished_chunks(toolbox, killed_job)
        assert after[: len(before)] == before  # finished chunks were not transcribed again
        assert job_of(toolbox, killed_job).detail["heard_ms"] > transcribed_ms
        before, transcribed_ms = after, job_of(toolbox, killed_job).detail["heard_ms"]
    worker.start()
    wait_until(
        lambda: job_of(toolbox, killed_job).state == "done", message="the job did not continue"
    )
    assert job_of(toolbox, killed_job).attempts == 1  # a kill is no attempt

    whole_job = request_transcription(toolbox, rights, "LK-2")
    wait_until(lambda: job_of(toolbox, whole_job).state == "done", message="the job did not finish")
    assert text_of(toolbox, killed_job) == text_of(toolbox, whole_job) != []
    with toolbox.database.reading() as db:
        assert (
            db.query(TranscriptionChunk).count() == 0
        )  # chunks are deleted with the finished version


@pytest.mark.sqlite_only
def test_transcribe_child_transcribes_only_pending_chunks(toolbox: Toolbox) -> None:
    events: list[dict[str, Any]] = []

    def transcribe(plan: list[list[Any]], done: list[int]) -> list[dict[str, Any]]:
        events.clear()
        args = {
            "path": str(RECORDING),
            "engine": "scripted",
            "model": "tally",
            "device": None,
            "models_dir": str(toolbox.settings.models_dir),
            "language": "vi",
            "prompt": "",
            "plan": plan,
            "done": done,
        }
        transcribe_child.transcribe_recording(args, lambda _fraction, event: events.append(event))
        return [event for event in events if event["event"] == "chunk"]

    whole_job = transcribe([], [])
    [plan] = [event["chunks"] for event in events if event["event"] == "plan"]
    numbers = [event["number"] for event in whole_job]
    assert len(numbers) >= 3
    rest = transcribe(plan, numbers[:-1])
    assert [event["number"] for event in rest] == numbers[-1:]
    assert rest[0]["segments"] == whole_job[-1]["segments"]
    assert not any(event["event"] == "plan" for event in events)
    assert transcribe(plan, numbers) == []
