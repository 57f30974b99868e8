"""The worker is killed while it listens: it goes on where it was, and the text is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from archive.access import Actor
from archive.actions import ingest, transcription
from archive.actions.transcription import Wanted
from archive.jobs import hearing
from archive.models import (
    Interview,
    Job,
    TranscriptionChunk,
    TranscriptionRun,
    TranscriptVersion,
)
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.workers import WorkerProcess, until
from transcription.engines.demo import SAMPLES_DIR

RECORDING = SAMPLES_DIR / "interview_doi_moi.opus"
KILLED_AFTER = (2, 5)  # chunks of about twelve


@pytest.fixture
def worker(settings: Settings) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(settings)
    yield worker
    worker.kill()


def asked(toolbox: Toolbox, actor: Actor, accession: str) -> str:
    """The sample recording in an interview of its own, and the job that hears it."""
    interview_id = make.interview(toolbox.database, accession)
    ingest.ingest_file(toolbox, actor, accession, path=RECORDING)
    with toolbox.database.writing() as db:
        wanted = Wanted(engine="whisper", model="demo", language="vi")
        return transcription.request(db, actor, db.get_one(Interview, interview_id), wanted).id


def done(toolbox: Toolbox, job_id: str) -> list[tuple[int, str, list[Any]]]:
    """Number, row and text of every chunk that this job has heard, in order."""
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


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.timeout(900)
def test_killed_twice_it_goes_on_where_it_was(
    toolbox: Toolbox, actor_of: Callable[[str | None], Actor], worker: WorkerProcess
) -> None:
    actor = actor_of("ben")
    killed = asked(toolbox, actor, "LK-1")
    kept: list[tuple[int, str, list[Any]]] = []
    heard_before = 0
    for chunks in KILLED_AFTER:
        worker.start()
        until(lambda n=chunks: len(done(toolbox, killed)) >= n, otherwise="too few chunks")  # type: ignore[misc]
        worker.kill()
        assert job_of(toolbox, killed).state == "running"  # nobody could say otherwise
        now = done(toolbox, killed)
        assert now[: len(kept)] == kept  # what was there was not heard again
        assert job_of(toolbox, killed).detail["heard_ms"] > heard_before
        kept, heard_before = now, job_of(toolbox, killed).detail["heard_ms"]
    worker.start()
    until(lambda: job_of(toolbox, killed).state == "done", otherwise="it did not go on")
    # A machine that is too busy for a heartbeat may interrupt it once more, to the same end.
    assert job_of(toolbox, killed).attempts > len(KILLED_AFTER)

    whole = asked(toolbox, actor, "LK-2")
    until(lambda: job_of(toolbox, whole).state == "done", otherwise="it was not heard")
    assert text_of(toolbox, killed) == text_of(toolbox, whole) != []
    with toolbox.database.reading() as db:
        assert db.query(TranscriptionChunk).count() == 0  # what is in a version needs no plan


@pytest.mark.sqlite_only
def test_the_listening_child_hears_only_what_is_not_done(toolbox: Toolbox) -> None:
    told: list[dict[str, Any]] = []

    def listen(plan: list[list[Any]], heard: list[int]) -> list[dict[str, Any]]:
        told.clear()
        args = {
            "path": str(RECORDING), "engine": "scripted", "model": "tally", "device": None,
            "models_dir": str(toolbox.settings.models_dir), "language": "vi", "prompt": "",
            "plan": plan, "done": heard,
        }  # fmt: skip
        hearing.listen(args, lambda _fraction, event: told.append(event))
        return [event for event in told if event["event"] == "chunk"]

    whole = listen([], [])
    [plan] = [event["chunks"] for event in told if event["event"] == "plan"]
    numbers = [event["number"] for event in whole]
    assert len(numbers) >= 3
    rest = listen(plan, numbers[:-1])
    assert [event["number"] for event in rest] == numbers[-1:]
    assert rest[0]["segments"] == whole[-1]["segments"]
    assert not any(event["event"] == "plan" for event in told)
    assert listen(plan, numbers) == []
