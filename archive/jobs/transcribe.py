"""Transcribe an interview: recording by recording, chunk by chunk, resumable at every chunk.

The listening child tells these events: `stage` (what it does now), `scanned` (how far
the search for speech is), `plan` (the chunks, once) and `chunk` (what was heard).
Progress is the part of *speech* that was heard, over all recordings; the time left is
measured on the chunks of this run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from archive.actions import transcription
from archive.actions.transcription import Sound
from archive.actions.transcripts import MachineOrigin
from archive.jobs.context import JobContext, JobProblem, JobWaits
from archive.models import Interview, TranscriptionRun, TranscriptVersion
from media import sandbox
from transcription.chunks import PLANNER_VERSION
from transcription.engines.base import ModelInfo, ModelMissing
from transcription.engines.registry import ENGINES

NO_PROGRESS_S = 20 * 60
LONGEST_S = 14 * 24 * 3600
SCANNING_SHARE = 0.05  # of the bar: finding speech is about a twentieth of the work
CHUNKS_TO_MEASURE = 2


@dataclass
class Pace:
    """How much speech there is, how much was heard, and how long that took."""

    speech_ms: int = 0
    heard_ms: int = 0
    measured_ms: int = 0
    measured_speech_ms: int = 0
    chunks: int = 0
    planned: dict[int, int] = field(default_factory=dict)

    def heard(self, speech_ms: int, took_ms: int) -> None:
        """Count one more chunk."""
        self.heard_ms += speech_ms
        self.measured_ms += took_ms
        self.measured_speech_ms += speech_ms
        self.chunks += 1

    @property
    def fraction(self) -> float:
        """The part of the planned speech that was heard."""
        return self.heard_ms / self.speech_ms if self.speech_ms else 0.0

    @property
    def left_ms(self) -> int | None:
        """The measured time left; None before there is something to measure."""
        if self.chunks < CHUNKS_TO_MEASURE or not self.measured_speech_ms:
            return None
        per_speech = self.measured_ms / self.measured_speech_ms
        return int((self.speech_ms - self.heard_ms) * per_speech)


def handle(context: JobContext) -> dict[str, Any]:
    """Run or resume; the result names the version, its model and how much was flagged."""
    with context.reading() as db:
        made = transcription.version_of(db, context.lease.job_id)
        if made is not None:
            return _result(made)
        interview = db.get_one(Interview, context.lease.interview_id)
        sounds = transcription.sounds(db, interview)
        prompt = transcription.prompt(interview)
    info = _model(context)
    details = {
        "engine": info.engine, "model": info.name, "model_sha256": info.sha256,
        "language": context.payload["language"], "prompt": prompt, "planner": PLANNER_VERSION,
    }  # fmt: skip
    pace = Pace()
    runs = [_hear_recording(context, sound, details, pace) for sound in sounds]
    context.progress(1.0, "writing")
    with context.checkpoint() as db:
        version = transcription.complete(
            db, context.actor, db.get_one(Interview, interview.id),
            [db.get_one(TranscriptionRun, run_id) for run_id in runs],
            language=context.payload["language"],
            origin=MachineOrigin(
                engine=info.engine, model=info.name, model_sha256=info.sha256,
                options={
                    "prompt": prompt, "planner": PLANNER_VERSION, "knows_only": info.knows_only
                },
            ),
        )  # fmt: skip
        return _result(version)


def _model(context: JobContext) -> ModelInfo:
    engine = ENGINES.get(context.payload["engine"])
    if engine is None:
        raise JobProblem("unknown_engine", final=True, engine=context.payload["engine"])
    availability = engine.available()
    if not availability.ok:
        raise JobProblem("engine_not_available", final=True, engine=engine.name)
    try:
        return engine.describe(
            context.payload["model"], models_dir=context.toolbox.settings.models_dir
        )
    except ModelMissing as missing:
        raise JobWaits(
            "model_missing", model=missing.name, folder=str(missing.folder), file=missing.file
        ) from missing


def _hear_recording(context: JobContext, sound: Sound, details: dict[str, Any], pace: Pace) -> str:
    with context.checkpoint() as db:
        run = transcription.find_run(
            db, context.lease.job_id, context.lease.interview_id, sound, details
        )
        run_id = run.id
        plan = transcription.chunks(db, run_id)
        known = [[c.number, c.start_ms, c.end_ms, c.kind] for c in plan]
        done = [c.number for c in plan if c.state == "done"]
    _count_plan(pace, known, done)

    def told(event: dict[str, Any]) -> None:
        if event["event"] == "stage":
            context.progress(pace.fraction, event["stage"])
        elif event["event"] == "scanned" and sound.duration_ms:
            share = min(1.0, event["scanned_ms"] / sound.duration_ms)
            context.progress(SCANNING_SHARE * share, "finding_speech")
        elif event["event"] == "plan":
            with context.checkpoint() as db:
                transcription.keep_plan(db, run_id, event["chunks"])
            _count_plan(pace, event["chunks"], [])
        elif event["event"] == "chunk":
            _keep(context, run_id, event, pace)

    _listen(
        context,
        {
            "path": str(context.toolbox.vault.path(sound.sha256)),
            "engine": details["engine"],
            "model": context.payload["model"],
            "models_dir": str(context.toolbox.settings.models_dir),
            "device": None,
            "language": details["language"],
            "prompt": details["prompt"],
            "plan": known,
            "done": done,
        },
        told,
    )
    return run_id


def _listen(context: JobContext, args: dict[str, Any], told: Callable[[Any], None]) -> None:
    try:
        sandbox.run(
            "archive.jobs.hearing:listen", args, wall_s=LONGEST_S, stall_s=NO_PROGRESS_S,
            on_progress=lambda _fraction, event: told(event), cancelled=context.is_cancelled,
        )  # fmt: skip
    except sandbox.SandboxFailed as failed:
        context.stop_if_asked()
        raise JobProblem(
            f"hearing_{failed.code}", reason=failed.reason, detail=failed.detail[-500:]
        ) from failed


def _count_plan(pace: Pace, planned: list[list[Any]], done: list[int]) -> None:
    for number, start_ms, end_ms, kind in planned:
        if kind == "speech":
            pace.planned[number] = end_ms - start_ms
            pace.speech_ms += end_ms - start_ms
            if number in done:
                pace.heard_ms += end_ms - start_ms


def _keep(context: JobContext, run_id: str, event: dict[str, Any], pace: Pace) -> None:
    pace.heard(pace.planned[event["number"]], event["took_ms"])
    with context.checkpoint() as db:
        transcription.keep_chunk(
            db, run_id, event["number"], segments=event["segments"],
            took_ms=event["took_ms"], attempts=event["attempts"],
        )  # fmt: skip
    context.progress(
        SCANNING_SHARE + (1 - SCANNING_SHARE) * pace.fraction, "hearing",
        left_ms=pace.left_ms, speech_ms=pace.speech_ms, heard_ms=pace.heard_ms,
    )  # fmt: skip


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
