"""Transcribe an interview: recording by recording, chunk by chunk, resumable at every chunk.

The child process emits these events: `stage` (its current stage), `scanned` (progress of
speech detection), `plan` (the chunks, once) and `chunk` (the transcript of one chunk).
Progress is the transcribed share of *speech* over all recordings; the remaining time is
estimated from the chunks of this run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.actions.speech import runs as transcription_runs
from archive.actions.speech.runs import SourceRecording
from archive.actions.transcripts.imports import MachineOrigin
from archive.jobs.context import JobContext, JobParked, JobProblem, ShutdownRequested
from archive.models import Interview, TranscriptionRun, TranscriptVersion
from media import sandbox
from transcription.chunks import PLANNER_VERSION
from transcription.engines.base import ModelInfo, ModelMissing
from transcription.engines.registry import ENGINES

NO_PROGRESS_S = 20 * 60
LONGEST_S = 14 * 24 * 3600
SCANNING_SHARE = 0.05  # speech detection is about a twentieth of the work
CHUNKS_TO_MEASURE = 2
MODEL_PROBLEMS = ("model_missing", "model_altered", "model_unreadable")


@dataclass
class ProgressEstimate:
    """Progress and remaining time of a run, from the speech found and transcribed so far.

    A recording not scanned yet counts as speech from end to end, so that progress never
    decreases when the next recording turns out to be long.
    """

    total_ms: int = 0
    scanned_ms: int = 0
    unplanned_ms: int = 0
    speech_ms: int = 0
    transcribed_ms: int = 0
    measured_ms: int = 0
    measured_speech_ms: int = 0
    chunks: int = 0
    planned: dict[int, int] = field(default_factory=dict)

    @classmethod
    def for_recordings(cls, sounds: Sequence[SourceRecording]) -> ProgressEstimate:
        """Return the estimate when only the durations are known."""
        total_ms = sum(sound.duration_ms for sound in sounds)
        return cls(total_ms=total_ms, unplanned_ms=total_ms)

    def add_plan(
        self, sound: SourceRecording, chunks: list[list[Any]], done: Sequence[int] = ()
    ) -> None:
        """Add the chunks of one recording; `done` are those transcribed by an earlier run."""
        self.unplanned_ms -= sound.duration_ms
        self.scanned_ms += sound.duration_ms
        self.planned = {
            number: end_ms - start_ms
            for number, start_ms, end_ms, kind in chunks
            if kind == "speech"
        }
        self.speech_ms += sum(self.planned.values())
        self.transcribed_ms += sum(self.planned[number] for number in done)

    def add_chunk(self, number: int, took_ms: int) -> None:
        """Add one transcribed chunk of the recording planned last."""
        self.transcribed_ms += self.planned[number]
        self.measured_ms += took_ms
        self.measured_speech_ms += self.planned[number]
        self.chunks += 1

    def fraction(self, scanning_ms: int = 0) -> float:
        """Return the fraction done; `scanning_ms` of the next recording are scanned."""
        speech_total_ms = self.speech_ms + self.unplanned_ms
        transcribed_share = self.transcribed_ms / speech_total_ms if speech_total_ms else 1.0
        scanned_ms = min(self.total_ms, self.scanned_ms + scanning_ms)
        scanned_share = scanned_ms / self.total_ms if self.total_ms else 1.0
        return SCANNING_SHARE * scanned_share + (1 - SCANNING_SHARE) * transcribed_share

    @property
    def left_ms(self) -> int | None:
        """The estimated remaining time, or None before enough chunks are measured."""
        if self.chunks < CHUNKS_TO_MEASURE or not self.measured_speech_ms:
            return None
        per_speech = self.measured_ms / self.measured_speech_ms
        return int((self.speech_ms + self.unplanned_ms - self.transcribed_ms) * per_speech)


def handle(context: JobContext) -> dict[str, Any]:
    """Run or resume a transcription; the result names the version, model and flag count."""
    with context.reading() as db:
        version = transcription_runs.finished_version(db, context.lease.job_id)
        if version is not None:
            return _result(version)
        interview = db.get_one(Interview, context.lease.interview_id)
        sounds = transcription_runs.source_recordings(db, interview)
        prompt = transcription_runs.build_prompt(context.rights, interview)
    info = _require_model(context)
    prompt = prompt if info.takes_prompt else ""
    details = {
        "engine": info.engine,
        "model": info.name,
        "model_sha256": info.sha256,
        "language": context.payload["language"],
        "prompt": prompt,
        "planner": PLANNER_VERSION,
    }
    estimate = ProgressEstimate.for_recordings(sounds)
    runs = [_transcribe_recording(context, sound, details, estimate) for sound in sounds]
    context.progress(1.0, "writing")
    with context.checkpoint() as db:
        version = transcription_runs.complete(
            db,
            context.rights,
            db.get_one(Interview, interview.id),
            [db.get_one(TranscriptionRun, run_id) for run_id in runs],
            language=context.payload["language"],
            origin=MachineOrigin(
                engine=info.engine,
                model=info.name,
                model_sha256=info.sha256,
                options={
                    "prompt": prompt,
                    "planner": PLANNER_VERSION,
                    "knows_only": info.limited_to,
                },
            ),
        )
        return _result(version)


def _require_model(context: JobContext) -> ModelInfo:
    engine = ENGINES.get(context.payload["engine"])
    if engine is None:
        raise JobProblem("unknown_engine", final=True, engine=context.payload["engine"])
    availability = engine.available()
    if not availability.ok:
        raise JobProblem("engine_not_available", final=True, engine=engine.name)
    language = context.payload["language"]
    if engine.languages and language not in engine.languages:
        # The engine would fail at every chunk and leave an hour of empty segments.
        raise JobProblem("language_not_heard", final=True, language=language, engine=engine.name)
    try:
        return engine.model_info(
            context.payload["model"], models_dir=context.toolbox.settings.models_dir
        )
    except ModelMissing as model:
        raise JobParked(
            model.code,
            model=model.name,
            folder=str(model.folder),
            file=model.file,
            url=model.url,
        ) from model


def _transcribe_recording(
    context: JobContext, sound: SourceRecording, details: dict[str, Any], estimate: ProgressEstimate
) -> str:
    with context.checkpoint(is_progress=False) as db:
        run = transcription_runs.find_or_create_run(
            db, context.lease.job_id, context.lease.interview_id, sound, details
        )
        run_id = run.id
        plan = transcription_runs.list_chunks(db, run_id)
        stored_plan = [[c.number, c.start_ms, c.end_ms, c.kind] for c in plan]
        done = [c.number for c in plan if c.state == "done"]
    if stored_plan:
        estimate.add_plan(sound, stored_plan, done)

    def on_event(event: dict[str, Any]) -> None:
        if event["event"] == "stage":
            context.progress(estimate.fraction(), event["stage"])
        elif event["event"] == "scanned":
            scanned_ms = min(event["scanned_ms"], sound.duration_ms)
            context.progress(estimate.fraction(scanned_ms), "finding_speech")
        elif event["event"] == "plan":
            with context.checkpoint() as db:
                transcription_runs.store_plan(db, run_id, event["chunks"])
            estimate.add_plan(sound, event["chunks"])
        elif event["event"] == "chunk":
            _store_chunk(context, run_id, event, estimate)

    _run_child(
        context,
        {
            "path": str(context.toolbox.vault.path(sound.sha256)),
            "engine": details["engine"],
            "model": context.payload["model"],
            "models_dir": str(context.toolbox.settings.models_dir),
            "device": None,
            "language": details["language"],
            "prompt": details["prompt"],
            "plan": stored_plan,
            "done": done,
        },
        on_event,
    )
    return run_id


def _run_child(context: JobContext, args: dict[str, Any], on_event: Callable[[Any], None]) -> None:
    try:
        sandbox.run(
            "archive.jobs.transcribe_child:transcribe_recording",
            args,
            wall_s=LONGEST_S,
            stall_s=NO_PROGRESS_S,
            on_progress=lambda _fraction, event: on_event(event),
            cancelled=context.is_cancelled,
        )
    except sandbox.SandboxFailed as failed:
        context.raise_if_stopped()
        if failed.code == "stopped":
            raise ShutdownRequested from failed
        if failed.reason in MODEL_PROBLEMS:
            raise JobParked(
                failed.reason,
                model=args["model"],
                folder=args["models_dir"],
                file=Path(args["model"]).name,
            ) from failed
        if failed.code == "no_space":
            raise JobParked("hearing_no_space") from failed
        if failed.reason == "too_many_channels":
            raise JobProblem("too_many_channels", final=True) from failed
        raise JobProblem(
            f"hearing_{failed.code}", reason=failed.reason, detail=failed.detail[-500:]
        ) from failed


def _store_chunk(
    context: JobContext, run_id: str, event: dict[str, Any], estimate: ProgressEstimate
) -> None:
    estimate.add_chunk(event["number"], event["took_ms"])
    with context.checkpoint() as db:
        transcription_runs.store_chunk(
            db,
            run_id,
            event["number"],
            segments=event["segments"],
            took_ms=event["took_ms"],
            attempts=event["attempts"],
        )
    context.progress(
        estimate.fraction(),
        "hearing",
        left_ms=estimate.left_ms,
        speech_ms=estimate.speech_ms,
        heard_ms=estimate.transcribed_ms,
    )


def _result(version: TranscriptVersion) -> dict[str, Any]:
    return {
        "version": version.number,
        "version_id": version.id,
        "engine": version.engine,
        "model": version.model,
        "model_sha256": version.model_sha256,
        "segments": len(version.segments),
        "flags": sum(len(segment.flags) for segment in version.segments),
    }
