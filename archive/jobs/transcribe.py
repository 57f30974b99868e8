"""Transcribe an interview: recording by recording, chunk by chunk, resumable at every chunk.

The listening child tells these events: `stage` (what it does now), `scanned` (how far
the search for speech is), `plan` (the chunks, once) and `chunk` (what was heard).
Progress is the part of *speech* that was heard, over all recordings; the time left is
measured on the chunks of this run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
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
MODEL_PROBLEMS = ("model_missing", "model_altered", "model_unreadable")


@dataclass
class Pace:
    """How much speech there is, how much was heard, and how long that took.

    A recording whose speech was not looked for yet counts as speech from end to end, so
    that the bar never falls back when the next recording turns out to be long.
    """

    total_ms: int = 0
    looked_through_ms: int = 0
    unplanned_ms: int = 0
    speech_ms: int = 0
    heard_ms: int = 0
    measured_ms: int = 0
    measured_speech_ms: int = 0
    chunks: int = 0
    planned: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, sounds: Sequence[Sound]) -> Pace:
        """Before anything is known but the lengths."""
        total_ms = sum(sound.duration_ms for sound in sounds)
        return cls(total_ms=total_ms, unplanned_ms=total_ms)

    def plan(self, sound: Sound, chunks: list[list[Any]], done: Sequence[int] = ()) -> None:
        """Count the chunks of one recording, and those that an earlier run has heard."""
        self.unplanned_ms -= sound.duration_ms
        self.looked_through_ms += sound.duration_ms
        self.planned = {
            number: end_ms - start_ms for number, start_ms, end_ms, kind in chunks
            if kind == "speech"
        }  # fmt: skip
        self.speech_ms += sum(self.planned.values())
        self.heard_ms += sum(self.planned[number] for number in done)

    def heard(self, number: int, took_ms: int) -> None:
        """Count one more chunk of the recording that was planned last."""
        self.heard_ms += self.planned[number]
        self.measured_ms += took_ms
        self.measured_speech_ms += self.planned[number]
        self.chunks += 1

    def fraction(self, looking_ms: int = 0) -> float:
        """How far everything is; `looking_ms` of the next recording were looked through."""
        to_hear = self.speech_ms + self.unplanned_ms
        heard = self.heard_ms / to_hear if to_hear else 1.0
        seen_ms = min(self.total_ms, self.looked_through_ms + looking_ms)
        seen = seen_ms / self.total_ms if self.total_ms else 1.0
        return SCANNING_SHARE * seen + (1 - SCANNING_SHARE) * heard

    @property
    def left_ms(self) -> int | None:
        """The measured time left; None before there is something to measure."""
        if self.chunks < CHUNKS_TO_MEASURE or not self.measured_speech_ms:
            return None
        per_speech = self.measured_ms / self.measured_speech_ms
        return int((self.speech_ms + self.unplanned_ms - self.heard_ms) * per_speech)


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
    prompt = prompt if info.takes_prompt else ""
    details = {
        "engine": info.engine, "model": info.name, "model_sha256": info.sha256,
        "language": context.payload["language"], "prompt": prompt, "planner": PLANNER_VERSION,
    }  # fmt: skip
    pace = Pace.of(sounds)
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
    language = context.payload["language"]
    if engine.languages and language not in engine.languages:
        # Its own code would fail at every chunk, and leave an hour of empty segments.
        raise JobProblem("language_not_heard", final=True, language=language, engine=engine.name)
    try:
        return engine.describe(
            context.payload["model"], models_dir=context.toolbox.settings.models_dir
        )
    except ModelMissing as missing:
        raise JobWaits(
            missing.code, model=missing.name, folder=str(missing.folder), file=missing.file,
            url=missing.url,
        ) from missing  # fmt: skip


def _hear_recording(context: JobContext, sound: Sound, details: dict[str, Any], pace: Pace) -> str:
    with context.checkpoint() as db:
        run = transcription.find_run(
            db, context.lease.job_id, context.lease.interview_id, sound, details
        )
        run_id = run.id
        plan = transcription.chunks(db, run_id)
        known = [[c.number, c.start_ms, c.end_ms, c.kind] for c in plan]
        done = [c.number for c in plan if c.state == "done"]
    if known:
        pace.plan(sound, known, done)

    def told(event: dict[str, Any]) -> None:
        if event["event"] == "stage":
            context.progress(pace.fraction(), event["stage"])
        elif event["event"] == "scanned":
            looked_ms = min(event["scanned_ms"], sound.duration_ms)
            context.progress(pace.fraction(looked_ms), "finding_speech")
        elif event["event"] == "plan":
            with context.checkpoint() as db:
                transcription.keep_plan(db, run_id, event["chunks"])
            pace.plan(sound, event["chunks"])
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
        if failed.reason in MODEL_PROBLEMS:
            raise JobWaits(
                failed.reason, model=args["model"], folder=args["models_dir"],
                file=Path(args["model"]).name,
            ) from failed  # fmt: skip
        raise JobProblem(
            f"hearing_{failed.code}", reason=failed.reason, detail=failed.detail[-500:]
        ) from failed


def _keep(context: JobContext, run_id: str, event: dict[str, Any], pace: Pace) -> None:
    pace.heard(event["number"], event["took_ms"])
    with context.checkpoint() as db:
        transcription.keep_chunk(
            db, run_id, event["number"], segments=event["segments"],
            took_ms=event["took_ms"], attempts=event["attempts"],
        )  # fmt: skip
    context.progress(
        pace.fraction(), "hearing",
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
