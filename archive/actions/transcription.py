"""Machine transcription: ask for it, plan it, keep each chunk, turn the chunks into a version.

The job only carries these steps out. Each chunk is one transaction, so a killed
worker loses at most the chunk in hand; a run is resumed only by its own identity.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive import access, audit, queue
from archive.access import Actor, Refused
from archive.actions import transcripts, work
from archive.models import (
    Interview,
    Job,
    MediaFile,
    Recording,
    TranscriptionChunk,
    TranscriptionRun,
    TranscriptVersion,
)
from archive.models.base import new_id, utc_now
from archive.models.job import OPEN_STATES
from transcription import guard
from transcription.document import Segment as SpokenSegment
from transcription.document import Word

JOB_KIND = "transcribe"
LONGEST_PROMPT_NAMES = 30


class NothingToHear(Refused):
    """The interview has no recording yet."""

    code = "nothing_to_hear"


class AlreadyUnderWay(Refused):
    """The interview is being transcribed: `job_id` tells by which job."""

    code = "already_under_way"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which engine and model shall hear the interview, and in which language."""

    engine: str
    model: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Sound:
    """An original to be heard."""

    recording_id: str
    part: int
    sha256: str
    duration_ms: int


def request(
    db: Session, actor: Actor, interview: Interview, wanted: Wanted, *, priority: int = 0
) -> Job:
    """Queue a transcription; one at a time for an interview.

    A job that waits for a model gives way: what is asked for now may need another one.
    What it has heard is not lost, for a run goes on by its identity.
    """
    access.require(actor, "transcribe", interview)
    if not sounds(db, interview):
        raise NothingToHear(accession=interview.accession)
    under_way = db.scalar(
        select(Job).where(
            Job.interview_id == interview.id, Job.kind == JOB_KIND, Job.state.in_(OPEN_STATES)
        )
    )
    if under_way is not None and under_way.state == "waiting":
        work.cancel(db, actor, under_way, interview=interview)
    elif under_way is not None:
        raise AlreadyUnderWay(job_id=under_way.id)
    job = queue.enqueue(
        db, JOB_KIND, lane="speech", priority=priority, interview_id=interview.id,
        unique_key=f"{JOB_KIND}:{interview.id}", attempts_allowed=10,
        requested_by_id=actor.user_id or None,
        payload=asdict(wanted),
    )  # fmt: skip
    audit.record(
        db, actor, "transcription.requested", job, interview=interview,
        engine=wanted.engine, model=wanted.model,
    )  # fmt: skip
    return job


def sounds(db: Session, interview: Interview) -> list[Sound]:
    """The newest original of each recording, in the order of the parts."""
    found: dict[str, Sound] = {}
    rows = db.execute(
        select(Recording, MediaFile)
        .join(MediaFile, MediaFile.recording_id == Recording.id)
        .where(Recording.interview_id == interview.id, MediaFile.role == "original")
        .order_by(Recording.part, MediaFile.received_at)
    )
    for recording, file in rows:
        found[recording.id] = Sound(
            recording_id=recording.id, part=recording.part, sha256=file.sha256,
            duration_ms=recording.duration_ms or 0,
        )  # fmt: skip
    return list(found.values())


def prompt(interview: Interview) -> str:
    """Names that the model would not know, the most important last: the prompt keeps its end."""
    names = [*interview.keywords[:8]]
    if interview.place_as_told:
        names.append(interview.place_as_told)
    for role in ("interviewer", "witness"):
        for person in interview.people(role):
            names += [name.name for name in person.other_names] + [person.full_name]
    unique = list(dict.fromkeys(name for name in names if name))[-LONGEST_PROMPT_NAMES:]
    return f"Tên riêng: {', '.join(unique)}." if unique else ""


def identity(sound: Sound, details: dict[str, Any]) -> str:
    """What a run must have in common with another to go on where it stopped."""
    told = json.dumps([sound.sha256, details], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()


def find_run(
    db: Session, job_id: str, interview_id: str, sound: Sound, details: dict[str, Any]
) -> TranscriptionRun:
    """This job's run of a recording, or an unfinished one of the same identity, or a new one."""
    of_job = db.scalar(
        select(TranscriptionRun).where(
            TranscriptionRun.job_id == job_id,
            TranscriptionRun.recording_id == sound.recording_id,
        )
    )
    wanted = identity(sound, details)
    if of_job is not None and of_job.identity == wanted:
        return of_job
    run = db.scalar(
        select(TranscriptionRun).where(
            TranscriptionRun.recording_id == sound.recording_id,
            TranscriptionRun.identity == wanted,
            TranscriptionRun.finished_at.is_(None),
        )
    )
    if run is None:
        run = TranscriptionRun(
            id=new_id(), interview_id=interview_id, recording_id=sound.recording_id,
            identity=wanted, details=details,
        )  # fmt: skip
    run.job_id = job_id
    db.add(run)
    db.flush()
    return run


def keep_plan(db: Session, run_id: str, planned: Sequence[Sequence[Any]]) -> None:
    """Write the planned chunks ([number, start_ms, end_ms, kind]); replaces an empty plan only."""
    if chunks(db, run_id):
        return
    speech_ms = 0
    for number, start_ms, end_ms, kind in planned:
        if kind == "speech":
            speech_ms += end_ms - start_ms
        db.add(
            TranscriptionChunk(
                run_id=run_id, number=number, start_ms=start_ms, end_ms=end_ms, kind=kind,
                state="planned" if kind == "speech" else "skipped",
            )
        )  # fmt: skip
    db.get_one(TranscriptionRun, run_id).speech_ms = speech_ms
    db.flush()


def keep_chunk(
    db: Session, run_id: str, number: int, *,
    segments: list[dict[str, Any]], took_ms: int, attempts: int,
) -> None:  # fmt: skip
    """Keep what was heard in one chunk; a second answer for the same chunk changes nothing."""
    chunk = db.scalar(
        select(TranscriptionChunk).where(
            TranscriptionChunk.run_id == run_id, TranscriptionChunk.number == number
        )
    )
    if chunk is None or chunk.state == "done":
        return
    chunk.segments, chunk.took_ms, chunk.attempts = segments, took_ms, attempts
    chunk.state = "done"
    db.flush()


def chunks(db: Session, run_id: str) -> list[TranscriptionChunk]:
    """The plan of a run, in the order of time."""
    return list(
        db.scalars(
            select(TranscriptionChunk)
            .where(TranscriptionChunk.run_id == run_id)
            .order_by(TranscriptionChunk.number)
        )
    )


def version_of(db: Session, job_id: str) -> TranscriptVersion | None:
    """The version that a job has made already: asked before it makes one."""
    run = db.scalar(
        select(TranscriptionRun).where(
            TranscriptionRun.job_id == job_id, TranscriptionRun.finished_at.is_not(None)
        )
    )
    return db.get(TranscriptVersion, run.details["version_id"]) if run is not None else None


def complete(
    db: Session, actor: Actor, interview: Interview, runs: Sequence[TranscriptionRun], *,
    language: str, origin: transcripts.MachineOrigin,
) -> TranscriptVersion:  # fmt: skip
    """Turn the chunks of all recordings into one version and close their runs.

    Both happen in the caller's transaction, so a job that is run again finds its
    version instead of making a second one.
    """
    spoken: list[transcripts.Spoken] = []
    skipped: list[list[Any]] = []
    for run in runs:
        heard: list[SpokenSegment] = []
        for chunk in chunks(db, run.id):
            heard += [segment_of(row) for row in chunk.segments]
            if chunk.kind == "skipped":
                skipped.append([run.recording_id, chunk.start_ms, chunk.end_ms])
        # Once more over all of it: a loop may run from one chunk into the next.
        codes = guard.flags(heard, prompt=run.details.get("prompt", ""))
        spoken += [
            (run.recording_id, replace(segment, flags=flags))
            for segment, flags in zip(heard, codes, strict=True)
        ]
    origin.options["skipped"] = skipped  # silence stays visible, and can be heard again
    version = transcripts.make_machine_version(
        db, actor, interview, language=language, origin=origin, spoken=spoken
    )
    for run in runs:
        run.finished_at = utc_now()
        run.details = {**run.details, "version_id": version.id}
        db.execute(delete(TranscriptionChunk).where(TranscriptionChunk.run_id == run.id))
    db.flush()
    return version


def segment_of(row: dict[str, Any]) -> SpokenSegment:
    """A segment as the listening child told it."""
    return SpokenSegment(
        id="", start_ms=row["start_ms"], end_ms=row["end_ms"], text=row["text"],
        words=tuple(
            Word(start_ms=w[0], end_ms=w[1], text=w[2], confidence=w[3], source="asr")
            for w in row["words"]
        ),
        flags=tuple(row["flags"]),
    )  # fmt: skip
