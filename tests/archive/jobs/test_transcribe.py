"""From a file in the vault to a version that says where its words come from, by the real worker.

The demo model is heard by openai-whisper's own code; where only the order of things is
asked about, the scripted engine counts instead.
"""

from __future__ import annotations

import shutil
import statistics
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from archive.access import Actor
from archive.actions import ingest, transcription, transcripts
from archive.actions import work as works
from archive.actions.transcription import Wanted
from archive.jobs.transcribe import SCANNING_SHARE, Pace
from archive.jobs.worker import Worker
from archive.models import Event, Interview, Job, TranscriptionChunk, TranscriptVersion
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.fixtures.media import make as media
from tests.transcription.sounds import as_heard, matched, sample, silence
from tests.workers import until
from transcription.engines.demo import DEMO, SAMPLES_DIR
from transcription.engines.known_models import KNOWN
from transcription.tokens import spoken

ActorOf = Callable[[str | None], Actor]
NAME = "interview_hem_binh_thanh"


@pytest.fixture
def cleo(actor_of: ActorOf, toolbox: Toolbox) -> Actor:
    make.interview(toolbox.database)
    return actor_of("cleo")


def take_in(toolbox: Toolbox, actor: Actor, path: Path, *, accession: str = "LK-1") -> None:
    ingest.ingest_file(toolbox, actor, accession, path=path)


def recording(folder: Path, *pieces: NDArray[np.int16], name: str = "a.wav") -> Path:
    """A file in which these pieces follow each other."""
    return media.sound(folder / name, as_heard(np.concatenate(pieces))[np.newaxis])


def talk(start_s: int, end_s: int) -> NDArray[np.int16]:
    """A stretch of the sample interview."""
    return sample(NAME).pcm[start_s * 16_000 : end_s * 16_000]


def ask(
    toolbox: Toolbox, actor: Actor, *, engine: str = "scripted", model: str = "tally",
    language: str = "vi",
) -> str:  # fmt: skip
    with toolbox.database.writing() as db:
        interview = db.query(Interview).filter_by(accession="LK-1").one()
        wanted = Wanted(engine=engine, model=model, language=language)
        return transcription.request(db, actor, interview, wanted).id


def run(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("speech",)).run_one(("speech",))


def job_of(toolbox: Toolbox, job_id: str) -> Job:
    with toolbox.database.reading() as db:
        return db.get_one(Job, job_id)


def only_version(toolbox: Toolbox) -> TranscriptVersion:
    with toolbox.database.reading() as db:
        version = db.query(TranscriptVersion).one()
        assert version.segments is not None  # loaded before the session ends
        return version


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str, dict[str, Any]]]:
    """What the job says of itself, as it says it: the real method, overheard."""
    from archive.jobs.context import JobContext

    heard: list[tuple[float, str, dict[str, Any]]] = []
    real = JobContext.progress

    def overheard(self: JobContext, fraction: float, message: str = "", **detail: Any) -> None:
        heard.append((fraction, message, detail))
        real(self, fraction, message, **detail)

    monkeypatch.setattr(JobContext, "progress", overheard)
    return heard


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_an_interview_is_heard_through_the_whole_pipeline(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, told: list[tuple[float, str, dict[str, Any]]]
) -> None:
    take_in(toolbox, actor_of("ben"), SAMPLES_DIR / f"{NAME}.opus")
    job_id = ask(toolbox, cleo, engine="whisper", model="demo")
    run(toolbox)

    job, version, reference = job_of(toolbox, job_id), only_version(toolbox), sample(NAME)
    assert (job.state, job.problem, job.progress) == ("done", "", 1.0)
    words = [w for s in version.segments for w in transcripts.unpack(s.words)]
    errors, pairs = matched(
        [spoken(s.text) for s in reference.syllables], [spoken(w.text) for w in words]
    )
    assert errors <= 0.02 * len(reference.syllables)
    late = sorted(abs(words[j].start_ms - reference.syllables[i].start_ms) for i, j in pairs)
    assert statistics.median(late) <= 60
    assert late[len(late) * 9 // 10] <= 200
    assert {w.source for w in words} == {"asr"}
    assert all(w.confidence is not None and 0 < w.confidence <= 1 for w in words)
    assert job.result == {
        "version": 1, "version_id": version.id, "engine": "whisper", "model": "demo",
        "model_sha256": DEMO.info.sha256, "segments": len(version.segments), "flags": 0,
    }  # fmt: skip
    check_provenance(toolbox, version)
    check_what_was_told(told)


def check_provenance(toolbox: Toolbox, version: TranscriptVersion) -> None:
    assert (version.state, version.kind, version.is_current) == ("machine", "machine", True)
    assert (version.engine, version.model) == ("whisper", "demo")
    assert (version.model_sha256, version.language) == (DEMO.info.sha256, "vi")
    assert version.options["knows_only"] == "demo_sentences"
    assert version.options["prompt"] == ""  # this model is never shown one
    with toolbox.database.reading() as db:
        made = db.query(Event).filter_by(kind="transcript.made").one()
        assert made.subject_id == version.id
        assert made.actor_name == "worker for Cleo"
        assert made.detail["model_sha256"] == DEMO.info.sha256


def check_what_was_told(told: list[tuple[float, str, dict[str, Any]]]) -> None:
    fractions = [fraction for fraction, _stage, _detail in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    stages = list(dict.fromkeys(stage for _fraction, stage, _detail in told))
    assert stages == ["loading_model", "finding_speech", "hearing", "writing"]
    hearing = [detail for _fraction, stage, detail in told if stage == "hearing"]
    assert [d["left_ms"] is None for d in hearing[:2]] == [True, False]  # two chunks are measured
    assert hearing[-1]["left_ms"] == 0
    assert hearing[-1]["heard_ms"] == hearing[-1]["speech_ms"] > 60_000
    assert hearing[1]["left_ms"] > hearing[-2]["left_ms"] > 0


@pytest.mark.sqlite_only
def test_what_was_skipped_stays_visible_and_time_is_not_cut_out(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, tmp_path: Path
) -> None:
    path = recording(tmp_path, talk(0, 12), silence(9), talk(12, 20))
    take_in(toolbox, actor_of("ben"), path)
    ask(toolbox, cleo)
    run(toolbox)
    version = only_version(toolbox)
    [[recording_id, start_ms, end_ms]] = version.options["skipped"]
    assert recording_id == version.segments[0].recording_id
    assert 10_000 < start_ms < 14_000 < 19_000 < end_ms < 22_000
    assert any(segment.start_ms >= end_ms for segment in version.segments)
    assert not any(start_ms < s.start_ms < end_ms for s in version.segments)


@pytest.mark.sqlite_only
def test_silence_gives_an_empty_version_that_says_so(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, tmp_path: Path
) -> None:
    take_in(toolbox, actor_of("ben"), recording(tmp_path, silence(15)))
    job_id = ask(toolbox, cleo, engine="whisper", model="demo")
    run(toolbox)
    version = only_version(toolbox)
    assert version.segments == []
    assert [skipped[1:] for skipped in version.options["skipped"]] == [[0, 15_000]]
    assert job_of(toolbox, job_id).result["segments"] == 0


@pytest.mark.sqlite_only
def test_two_recordings_are_one_text_and_the_bar_never_falls_back(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, tmp_path: Path,
    told: list[tuple[float, str, dict[str, Any]]],
) -> None:  # fmt: skip
    take_in(toolbox, actor_of("ben"), recording(tmp_path, talk(0, 8), name="1.wav"))
    take_in(toolbox, actor_of("ben"), recording(tmp_path, talk(8, 30), name="2.wav"))
    ask(toolbox, cleo)
    run(toolbox)
    version = only_version(toolbox)
    parts = [segment.recording_id for segment in version.segments]
    assert len(set(parts)) == 2
    assert parts == sorted(parts, key=parts.index)  # one after the other
    fractions = [fraction for fraction, _stage, _detail in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.sqlite_only
def test_doubtful_text_is_flagged_and_never_dropped(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, tmp_path: Path
) -> None:
    phantom = "Hãy subscribe cho kênh La La School Để không bỏ lỡ những video hấp dẫn"
    script = toolbox.settings.models_dir / "phantom.script.json"
    script.write_text(f'[[[300, 6000, "{phantom}"]]]', encoding="utf-8")
    take_in(toolbox, actor_of("ben"), recording(tmp_path, talk(0, 8)))
    job_id = ask(toolbox, cleo, model="phantom")
    run(toolbox)
    [segment] = only_version(toolbox).segments
    assert segment.text == phantom
    assert {"phantom_phrase", "needs_human"} <= set(segment.flags)
    assert job_of(toolbox, job_id).result["flags"] == len(segment.flags)


def test_a_model_that_is_not_here_is_waited_for(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, tmp_path: Path
) -> None:
    take_in(toolbox, actor_of("ben"), recording(tmp_path, talk(0, 8)))
    job_id = ask(toolbox, cleo, engine="whisper", model="small")
    run(toolbox)
    job = job_of(toolbox, job_id)
    assert (job.state, job.problem, job.attempts) == ("waiting", "model_missing", 0)
    folder = str(toolbox.settings.models_dir)
    assert job.detail == {
        "model": "small", "folder": folder, "file": "small.pt", "url": KNOWN["small"].url,
    }  # fmt: skip


@pytest.mark.sqlite_only
def test_work_goes_on_by_itself_once_the_file_is_there(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, tmp_path: Path
) -> None:
    take_in(toolbox, actor_of("ben"), recording(tmp_path, talk(0, 8)))
    job_id = ask(toolbox, cleo, engine="whisper", model="ours.pt")
    run(toolbox)
    assert job_of(toolbox, job_id).problem == "model_missing"
    (toolbox.settings.models_dir / "ours.pt").write_bytes(DEMO.path.read_bytes()[:5000])
    again(toolbox, job_id)
    assert (job_of(toolbox, job_id).state, job_of(toolbox, job_id).problem) == (
        "waiting", "model_unreadable",
    )  # fmt: skip
    shutil.copy(DEMO.path, toolbox.settings.models_dir / "ours.pt")
    again(toolbox, job_id)
    assert job_of(toolbox, job_id).state == "done"
    assert only_version(toolbox).model_sha256 == DEMO.info.sha256


def again(toolbox: Toolbox, job_id: str) -> None:
    """The time of waiting is over; nobody had to ask."""
    with toolbox.database.writing() as db:
        job = db.get_one(Job, job_id)
        job.run_after_at = job.created_at
    run(toolbox)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"engine": "horn"}, "unknown_engine"),
        ({"engine": "whisper", "model": "demo", "language": "rad"}, "language_not_heard"),
    ],
)
def test_what_no_engine_can_do_is_said_at_once(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, tmp_path: Path,
    asked: dict[str, str], problem: str,
) -> None:  # fmt: skip
    take_in(toolbox, actor_of("ben"), recording(tmp_path, talk(0, 8)))
    job_id = ask(toolbox, cleo, **asked)
    run(toolbox)
    assert (job_of(toolbox, job_id).state, job_of(toolbox, job_id).problem) == ("failed", problem)


@pytest.mark.sqlite_only
def test_a_recording_that_cannot_be_decoded_fails_with_its_reason(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, tmp_path: Path
) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(make.sound(tmp_path, seconds=5.0).read_bytes()[:40])
    take_in(toolbox, actor_of("ben"), path)
    job_id = ask(toolbox, cleo)
    run(toolbox)
    job = job_of(toolbox, job_id)
    assert job.state == "queued"  # another try, later
    assert job.problem.startswith("hearing_")
    with toolbox.database.reading() as db:
        assert db.query(TranscriptVersion).count() == 0


@pytest.fixture
def worker(toolbox: Toolbox) -> Iterator[Worker]:
    worker = Worker(toolbox, lanes=("speech",))
    thread = threading.Thread(target=worker.run_forever)
    thread.start()
    yield worker
    worker.stop()
    thread.join()


def done_chunks(toolbox: Toolbox) -> int:
    with toolbox.database.reading() as db:
        return db.query(TranscriptionChunk).filter_by(state="done").count()


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_a_cancel_keeps_what_was_heard_and_a_retry_goes_on_from_there(
    toolbox: Toolbox, cleo: Actor, actor_of: ActorOf, worker: Worker
) -> None:
    take_in(toolbox, actor_of("ben"), SAMPLES_DIR / f"{NAME}.opus")
    job_id = ask(toolbox, cleo, engine="whisper", model="demo")
    until(lambda: done_chunks(toolbox) >= 2)
    with toolbox.database.writing() as db:
        works.cancel(db, cleo, db.get_one(Job, job_id), interview=None)
    until(lambda: job_of(toolbox, job_id).state == "cancelled", seconds=20)
    heard = done_chunks(toolbox)
    assert heard >= 2
    with toolbox.database.reading() as db:
        assert db.query(TranscriptVersion).count() == 0
    with toolbox.database.writing() as db:
        works.retry(db, cleo, db.get_one(Job, job_id), interview=None)
    until(lambda: job_of(toolbox, job_id).state == "done")
    assert only_version(toolbox).segments


def test_the_bar_counts_what_is_not_looked_through_as_speech() -> None:
    def sound(duration_ms: int) -> transcription.Sound:
        return transcription.Sound(recording_id="r", part=1, sha256="", duration_ms=duration_ms)

    first, second = sound(10_000), sound(30_000)
    pace = Pace.of([first, second])
    assert pace.fraction() == 0.0
    assert pace.fraction(10_000) == pytest.approx(SCANNING_SHARE / 4)
    pace.plan(first, [[0, 0, 2000, "skipped"], [1, 2000, 10_000, "speech"]])
    pace.heard(1, took_ms=4000)
    assert pace.left_ms is None
    assert pace.fraction() == pytest.approx(0.05 / 4 + 0.95 * 8 / 38)
    pace.plan(second, [[0, 0, 8000, "speech"], [1, 8000, 16_000, "speech"]], done=[0])
    pace.heard(1, took_ms=4000)
    assert pace.fraction() == 1.0
    told = {"left_ms": pace.left_ms}
    assert told == {"left_ms": 0}


def test_a_recording_without_speech_or_length_is_done_at_once() -> None:
    assert Pace.of([]).fraction() == 1.0
