"""The transcription job, from an original to a version with provenance.

Runs the demo model with openai-whisper, or the scripted engine where only the sequence matters.
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

from archive.access import Rights
from archive.actions.holdings import local_ingest
from archive.actions.office import jobs as office_jobs
from archive.actions.speech import runs
from archive.actions.speech.runs import TranscriptionOptions
from archive.actions.transcripts.words import unpack
from archive.jobs.transcribe import SCANNING_SHARE, ProgressEstimate
from archive.jobs.worker import Worker
from archive.models import Event, Interview, Job, TranscriptionChunk, TranscriptVersion
from archive.toolbox import Toolbox
from tests.support import media_factory, multichannel
from tests.support import media_files as media
from tests.support.audio_samples import as_float, sample, silence
from tests.support.worker_process import wait_until
from tools.demo_model.scoring import align
from transcription.engines.demo import DEMO, SAMPLES_DIR
from transcription.engines.known_models import KNOWN
from transcription.tokens import letters

RightsOf = Callable[[str | None], Rights]
NAME = "interview_hem_binh_thanh"


@pytest.fixture
def cleo(rights_of: RightsOf, toolbox: Toolbox) -> Rights:
    media_factory.add_interview(toolbox.database)
    return rights_of("cleo")


def ingest(toolbox: Toolbox, rights: Rights, path: Path, *, accession: str = "LK-1") -> None:
    local_ingest.ingest_file(toolbox, rights, accession, path=path)


def write_recording(folder: Path, *parts: NDArray[np.int16], name: str = "a.wav") -> Path:
    """Write a recording of these pieces, one after the other."""
    return media.sound(folder / name, as_float(np.concatenate(parts))[np.newaxis])


def sample_part(start_s: int, end_s: int) -> NDArray[np.int16]:
    """Return a part of a sample interview."""
    return sample(NAME).pcm[start_s * 16_000 : end_s * 16_000]


def request_transcription(
    toolbox: Toolbox,
    rights: Rights,
    *,
    engine: str = "scripted",
    model: str = "tally",
    language: str = "vi",
) -> str:
    with toolbox.database.writing() as db:
        interview = db.query(Interview).filter_by(accession="LK-1").one()
        options = TranscriptionOptions(engine=engine, model=model, language=language)
        return runs.request(db, rights, interview, options).id


def run_job(toolbox: Toolbox) -> None:
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
def progress_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str, dict[str, Any]]]:
    """Record the arguments of every call of JobContext.progress."""
    from archive.jobs.context import JobContext

    calls: list[tuple[float, str, dict[str, Any]]] = []
    real = JobContext.progress

    def record(self: JobContext, fraction: float, message: str = "", **detail: Any) -> None:
        calls.append((fraction, message, detail))
        real(self, fraction, message, **detail)

    monkeypatch.setattr(JobContext, "progress", record)
    return calls


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_transcribe_with_whisper_gives_correct_words_times_and_provenance(
    toolbox: Toolbox,
    cleo: Rights,
    rights_of: RightsOf,
    progress_calls: list[tuple[float, str, dict[str, Any]]],
) -> None:
    ingest(toolbox, rights_of("ben"), SAMPLES_DIR / f"{NAME}.opus")
    job_id = request_transcription(toolbox, cleo, engine="whisper", model="demo")
    run_job(toolbox)

    job, version, reference = job_of(toolbox, job_id), only_version(toolbox), sample(NAME)
    assert (job.state, job.problem, job.progress) == ("done", "", 1.0)
    words = [w for s in version.segments for w in unpack(s.words)]
    errors, pairs = align(
        [letters(s.text) for s in reference.syllables], [letters(w.text) for w in words]
    )
    assert errors <= 0.02 * len(reference.syllables)
    delays_ms = sorted(abs(words[j].start_ms - reference.syllables[i].start_ms) for i, j in pairs)
    assert statistics.median(delays_ms) <= 60
    assert delays_ms[len(delays_ms) * 9 // 10] <= 200
    assert {w.source for w in words} == {"asr"}
    assert all(w.confidence is not None and 0 < w.confidence <= 1 for w in words)
    assert job.result == {
        "version": 1,
        "version_id": version.id,
        "engine": "whisper",
        "model": "demo",
        "model_sha256": DEMO.info.sha256,
        "segments": len(version.segments),
        "flags": 0,
    }
    assert_provenance(toolbox, version)
    assert_progress_and_stages(progress_calls)


def assert_provenance(toolbox: Toolbox, version: TranscriptVersion) -> None:
    assert (version.state, version.kind, version.is_current) == ("machine", "machine", True)
    assert (version.engine, version.model) == ("whisper", "demo")
    assert (version.model_sha256, version.language) == (DEMO.info.sha256, "vi")
    assert version.options["knows_only"] == "demo_sentences"
    assert version.options["prompt"] == ""  # this model takes no prompt
    with toolbox.database.reading() as db:
        event = db.query(Event).filter_by(kind="transcript.made").one()
        assert event.subject_id == version.id
        assert event.actor_name == "worker for Cleo"
        assert event.detail["model_sha256"] == DEMO.info.sha256


def assert_progress_and_stages(progress_calls: list[tuple[float, str, dict[str, Any]]]) -> None:
    fractions = [fraction for fraction, _stage, _detail in progress_calls]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    stages = list(dict.fromkeys(stage for _fraction, stage, _detail in progress_calls))
    assert stages == ["loading_model", "finding_speech", "hearing", "writing"]
    transcribing = [detail for _fraction, stage, detail in progress_calls if stage == "hearing"]
    # The remaining time is known after two chunks.
    assert [d["left_ms"] is None for d in transcribing[:2]] == [True, False]
    assert transcribing[-1]["left_ms"] == 0
    assert transcribing[-1]["heard_ms"] == transcribing[-1]["speech_ms"] > 60_000
    assert transcribing[1]["left_ms"] > transcribing[-2]["left_ms"] > 0


@pytest.mark.sqlite_only
def test_transcribe_lists_skipped_spans_and_keeps_the_clock(
    toolbox: Toolbox, cleo: Rights, rights_of: RightsOf, tmp_path: Path
) -> None:
    path = write_recording(tmp_path, sample_part(0, 12), silence(9), sample_part(12, 20))
    ingest(toolbox, rights_of("ben"), path)
    request_transcription(toolbox, cleo)
    run_job(toolbox)
    version = only_version(toolbox)
    [[recording_id, start_ms, end_ms]] = version.options["skipped"]
    assert recording_id == version.segments[0].recording_id
    assert 10_000 < start_ms < 14_000 < 19_000 < end_ms < 22_000
    assert any(segment.start_ms >= end_ms for segment in version.segments)
    assert not any(start_ms < s.start_ms < end_ms for s in version.segments)


@pytest.mark.sqlite_only
def test_transcribe_of_silence_gives_an_empty_version(
    toolbox: Toolbox, cleo: Rights, rights_of: RightsOf, tmp_path: Path
) -> None:
    ingest(toolbox, rights_of("ben"), write_recording(tmp_path, silence(15)))
    job_id = request_transcription(toolbox, cleo, engine="whisper", model="demo")
    run_job(toolbox)
    version = only_version(toolbox)
    assert version.segments == []
    assert [skipped[1:] for skipped in version.options["skipped"]] == [[0, 15_000]]
    assert job_of(toolbox, job_id).result["segments"] == 0


@pytest.mark.sqlite_only
def test_transcribe_of_two_recordings_gives_one_version_with_rising_progress(
    toolbox: Toolbox,
    cleo: Rights,
    rights_of: RightsOf,
    tmp_path: Path,
    progress_calls: list[tuple[float, str, dict[str, Any]]],
) -> None:
    ingest(toolbox, rights_of("ben"), write_recording(tmp_path, sample_part(0, 8), name="1.wav"))
    ingest(toolbox, rights_of("ben"), write_recording(tmp_path, sample_part(8, 30), name="2.wav"))
    request_transcription(toolbox, cleo)
    run_job(toolbox)
    version = only_version(toolbox)
    parts = [segment.recording_id for segment in version.segments]
    assert len(set(parts)) == 2
    assert parts == sorted(parts, key=parts.index)  # one after the other
    fractions = [fraction for fraction, _stage, _detail in progress_calls]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.sqlite_only
def test_transcribe_flags_a_phantom_phrase_and_keeps_it(
    toolbox: Toolbox, cleo: Rights, rights_of: RightsOf, tmp_path: Path
) -> None:
    phantom = "Hãy subscribe cho kênh La La School Để không bỏ lỡ những video hấp dẫn"
    script = toolbox.settings.models_dir / "phantom.script.json"
    script.write_text(f'[[[300, 6000, "{phantom}"]]]', encoding="utf-8")
    ingest(toolbox, rights_of("ben"), write_recording(tmp_path, sample_part(0, 8)))
    job_id = request_transcription(toolbox, cleo, model="phantom")
    run_job(toolbox)
    [segment] = only_version(toolbox).segments
    assert segment.text == phantom
    assert {"phantom_phrase", "needs_human"} <= set(segment.flags)
    assert job_of(toolbox, job_id).result["flags"] == len(segment.flags)


def test_transcribe_with_a_missing_model_is_parked(
    toolbox: Toolbox, cleo: Rights, rights_of: RightsOf, tmp_path: Path
) -> None:
    ingest(toolbox, rights_of("ben"), write_recording(tmp_path, sample_part(0, 8)))
    job_id = request_transcription(toolbox, cleo, engine="whisper", model="small")
    run_job(toolbox)
    job = job_of(toolbox, job_id)
    assert (job.state, job.problem, job.attempts) == ("waiting", "model_missing", 0)
    folder = str(toolbox.settings.models_dir)
    assert job.detail == {
        "model": "small",
        "folder": folder,
        "file": "small.pt",
        "url": KNOWN["small"].url,
    }


@pytest.mark.sqlite_only
def test_parked_transcription_continues_once_the_model_file_is_valid(
    toolbox: Toolbox, cleo: Rights, rights_of: RightsOf, tmp_path: Path
) -> None:
    ingest(toolbox, rights_of("ben"), write_recording(tmp_path, sample_part(0, 8)))
    job_id = request_transcription(toolbox, cleo, engine="whisper", model="ours.pt")
    run_job(toolbox)
    assert job_of(toolbox, job_id).problem == "model_missing"
    (toolbox.settings.models_dir / "ours.pt").write_bytes(DEMO.path.read_bytes()[:5000])
    run_parked_job(toolbox, job_id)
    assert (job_of(toolbox, job_id).state, job_of(toolbox, job_id).problem) == (
        "waiting",
        "model_unreadable",
    )
    shutil.copy(DEMO.path, toolbox.settings.models_dir / "ours.pt")
    run_parked_job(toolbox, job_id)
    assert job_of(toolbox, job_id).state == "done"
    assert only_version(toolbox).model_sha256 == DEMO.info.sha256


def run_parked_job(toolbox: Toolbox, job_id: str) -> None:
    """Make the parked job due and run it."""
    with toolbox.database.writing() as db:
        job = db.get_one(Job, job_id)
        job.run_after_at = job.created_at
    run_job(toolbox)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"engine": "horn"}, "unknown_engine"),
        ({"engine": "whisper", "model": "demo", "language": "rad"}, "language_not_heard"),
    ],
)
def test_transcribe_with_an_impossible_request_fails_finally(
    toolbox: Toolbox,
    cleo: Rights,
    rights_of: RightsOf,
    tmp_path: Path,
    arguments: dict[str, str],
    problem: str,
) -> None:
    ingest(toolbox, rights_of("ben"), write_recording(tmp_path, sample_part(0, 8)))
    job_id = request_transcription(toolbox, cleo, **arguments)
    run_job(toolbox)
    assert (job_of(toolbox, job_id).state, job_of(toolbox, job_id).problem) == ("failed", problem)


@pytest.mark.sqlite_only
def test_transcribe_of_an_undecodable_recording_is_retried_with_its_reason(
    toolbox: Toolbox, cleo: Rights, rights_of: RightsOf, tmp_path: Path
) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(media_factory.write_wav(tmp_path, seconds=5.0).read_bytes()[:40])
    ingest(toolbox, rights_of("ben"), path)
    job_id = request_transcription(toolbox, cleo)
    run_job(toolbox)
    job = job_of(toolbox, job_id)
    assert job.state == "queued"  # another attempt later
    assert job.problem.startswith("hearing_")
    with toolbox.database.reading() as db:
        assert db.query(TranscriptVersion).count() == 0


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("count", "track"), [(6, 3), (9, 8)])
def test_voice_on_one_track_without_mask_is_transcribed(
    toolbox: Toolbox, cleo: Rights, rights_of: RightsOf, tmp_path: Path, count: int, track: int
) -> None:
    tracks = multichannel.hum_on_track(track, count, as_float(sample_part(0, 12)))
    ingest(toolbox, rights_of("ben"), multichannel.wav(tmp_path / "a.wav", tracks))
    job_id = request_transcription(toolbox, cleo)
    run_job(toolbox)
    assert (job_of(toolbox, job_id).state, job_of(toolbox, job_id).problem) == ("done", "")
    with toolbox.database.reading() as db:
        assert len(db.query(TranscriptVersion).one().segments) > 0


def test_transcribe_of_too_many_tracks_fails_with_its_reason(
    toolbox: Toolbox, cleo: Rights, rights_of: RightsOf, tmp_path: Path
) -> None:
    path = multichannel.wav(tmp_path / "a.wav", np.zeros((65, 1600), np.float32))
    ingest(toolbox, rights_of("ben"), path)
    job_id = request_transcription(toolbox, cleo)
    run_job(toolbox)
    job = job_of(toolbox, job_id)
    assert (job.state, job.problem) == ("failed", "too_many_channels")


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
def test_transcribe_cancelled_keeps_its_chunks_and_a_retry_continues(
    toolbox: Toolbox, cleo: Rights, rights_of: RightsOf, worker: Worker
) -> None:
    ingest(toolbox, rights_of("ben"), SAMPLES_DIR / f"{NAME}.opus")
    job_id = request_transcription(toolbox, cleo, engine="whisper", model="demo")
    wait_until(lambda: done_chunks(toolbox) >= 2)
    with toolbox.database.writing() as db:
        office_jobs.cancel(db, cleo, db.get_one(Job, job_id), interview=db.query(Interview).one())
    wait_until(lambda: job_of(toolbox, job_id).state == "cancelled")
    calls = done_chunks(toolbox)
    assert calls >= 2
    with toolbox.database.reading() as db:
        assert db.query(TranscriptVersion).count() == 0
    with toolbox.database.writing() as db:
        office_jobs.retry(db, cleo, db.get_one(Job, job_id), interview=db.query(Interview).one())
    wait_until(lambda: job_of(toolbox, job_id).state == "done")
    assert only_version(toolbox).segments


def test_progress_estimate_counts_unscanned_time_as_speech() -> None:
    def sound(duration_ms: int) -> runs.SourceRecording:
        return runs.SourceRecording(recording_id="r", part=1, sha256="", duration_ms=duration_ms)

    first, second = sound(10_000), sound(30_000)
    estimate = ProgressEstimate.for_recordings([first, second])
    assert estimate.fraction() == 0.0
    assert estimate.fraction(10_000) == pytest.approx(SCANNING_SHARE / 4)
    estimate.add_plan(first, [[0, 0, 2000, "skipped"], [1, 2000, 10_000, "speech"]])
    estimate.add_chunk(1, took_ms=4000)
    assert estimate.left_ms is None
    assert estimate.fraction() == pytest.approx(0.05 / 4 + 0.95 * 8 / 38)
    estimate.add_plan(second, [[0, 0, 8000, "speech"], [1, 8000, 16_000, "speech"]], done=[0])
    estimate.add_chunk(1, took_ms=4000)
    assert estimate.fraction() == 1.0
    assert estimate.left_ms == 0


def test_progress_estimate_without_recordings_is_complete() -> None:
    assert ProgressEstimate.for_recordings([]).fraction() == 1.0
