"""Machine transcription: enqueue a run, store its plan and chunks, build the version.

The job calls these steps. Each chunk is one transaction, so a killed worker loses at
most the current chunk; a run is resumed only by a run with the same identity.
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
from archive.access import Refused, Rights
from archive.actions.catalogue import names
from archive.actions.office import jobs
from archive.actions.transcripts import imports
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
from archive.models.vocabulary import OPEN_JOB_STATES
from transcription import guard
from transcription.document import TranscriptSegment, Word

JOB_KIND = "transcribe"
LONGEST_PROMPT_NAMES = 30


class NoRecordings(Refused):
    """The interview has no recording yet."""

    code = "nothing_to_hear"


class TranscriptionInProgress(Refused):
    """The interview is being transcribed by the job `job_id`."""

    code = "already_under_way"


@dataclass(frozen=True, kw_only=True)
class TranscriptionOptions:
    """Engine, model and language of a transcription."""

    engine: str
    model: str
    language: str


@dataclass(frozen=True, kw_only=True)
class SourceRecording:
    """An original file to be transcribed."""

    recording_id: str
    part: int
    sha256: str
    duration_ms: int


def request(
    db: Session,
    rights: Rights,
    interview: Interview,
    options: TranscriptionOptions,
    *,
    priority: int = 0,
) -> Job:
    """Enqueue a transcription; raises TranscriptionInProgress if one is open.

    A job that waits for a model file is cancelled first, since the new one may need
    another model. Its chunks are reused: runs are resumed by their identity.
    """
    access.require(rights, "transcribe", access.Scope(interview))
    if not source_recordings(db, interview):
        raise NoRecordings(accession=interview.accession)
    under_way = db.scalar(
        select(Job).where(
            Job.interview_id == interview.id, Job.kind == JOB_KIND, Job.state.in_(OPEN_JOB_STATES)
        )
    )
    if under_way is not None and under_way.state == "waiting":
        jobs.cancel(db, rights, under_way, interview=interview)
    elif under_way is not None:
        raise TranscriptionInProgress(job_id=under_way.id)
    job = queue.enqueue(
        db,
        JOB_KIND,
        lane="speech",
        priority=priority,
        interview_id=interview.id,
        unique_key=f"{JOB_KIND}:{interview.id}",
        attempts_allowed=10,
        requested_by_id=rights.actor.user_id or None,
        payload=asdict(options),
    )
    audit.record(
        db,
        rights.actor,
        "transcription.requested",
        job,
        interview=interview,
        engine=options.engine,
        model=options.model,
    )
    return job


def source_recordings(db: Session, interview: Interview) -> list[SourceRecording]:
    """Return the newest original of each recording, in the order of the parts."""
    found: dict[str, SourceRecording] = {}
    rows = db.execute(
        select(Recording, MediaFile)
        .join(MediaFile, MediaFile.recording_id == Recording.id)
        .where(Recording.interview_id == interview.id, MediaFile.role == "original")
        .order_by(Recording.part, MediaFile.received_at)
    )
    for recording, file in rows:
        found[recording.id] = SourceRecording(
            recording_id=recording.id,
            part=recording.part,
            sha256=file.sha256,
            duration_ms=recording.duration_ms or 0,
        )
    return list(found.values())


def build_prompt(rights: Rights, interview: Interview) -> str:
    """Return a prompt of names, the most important last: the model truncates the start."""
    words = [*interview.keywords[:8]]
    if interview.place_as_told:
        words.append(interview.place_as_told)
    for role in ("interviewer", "witness"):
        for person in interview.people(role):
            words += names.other_names_for(rights, person)
            words.append(names.name_for(rights, person).full)
    unique = list(dict.fromkeys(word for word in words if word))[-LONGEST_PROMPT_NAMES:]
    return f"Tên riêng: {', '.join(unique)}." if unique else ""


def run_identity(sound: SourceRecording, details: dict[str, Any]) -> str:
    """Return the digest by which a run is resumed: of the file and the engine details."""
    serialised = json.dumps([sound.sha256, details], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(serialised.encode()).hexdigest()


def find_or_create_run(
    db: Session, job_id: str, interview_id: str, sound: SourceRecording, details: dict[str, Any]
) -> TranscriptionRun:
    """Return the run of this job, an unfinished run with the same identity, or a new one."""
    of_job = db.scalar(
        select(TranscriptionRun).where(
            TranscriptionRun.job_id == job_id,
            TranscriptionRun.recording_id == sound.recording_id,
        )
    )
    identity = run_identity(sound, details)
    if of_job is not None and of_job.identity == identity:
        return of_job
    run = db.scalar(
        select(TranscriptionRun).where(
            TranscriptionRun.recording_id == sound.recording_id,
            TranscriptionRun.identity == identity,
            TranscriptionRun.finished_at.is_(None),
        )
    )
    if run is None:
        run = TranscriptionRun(
            id=new_id(),
            interview_id=interview_id,
            recording_id=sound.recording_id,
            identity=identity,
            details=details,
        )
    run.job_id = job_id
    db.add(run)
    db.flush()
    return run


def store_plan(db: Session, run_id: str, planned: Sequence[Sequence[Any]]) -> None:
    """Store the planned chunks ([number, start_ms, end_ms, kind]) unless a plan exists."""
    if list_chunks(db, run_id):
        return
    speech_ms = 0
    for number, start_ms, end_ms, kind in planned:
        if kind == "speech":
            speech_ms += end_ms - start_ms
        db.add(
            TranscriptionChunk(
                run_id=run_id,
                number=number,
                start_ms=start_ms,
                end_ms=end_ms,
                kind=kind,
                state="planned" if kind == "speech" else "skipped",
            )
        )
    db.get_one(TranscriptionRun, run_id).speech_ms = speech_ms
    db.flush()


def store_chunk(
    db: Session,
    run_id: str,
    number: int,
    *,
    segments: list[dict[str, Any]],
    took_ms: int,
    attempts: int,
) -> None:
    """Store the segments of one chunk; a second result for the same chunk is ignored."""
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


def list_chunks(db: Session, run_id: str) -> list[TranscriptionChunk]:
    """Return the chunks of a run in order."""
    return list(
        db.scalars(
            select(TranscriptionChunk)
            .where(TranscriptionChunk.run_id == run_id)
            .order_by(TranscriptionChunk.number)
        )
    )


def finished_version(db: Session, job_id: str) -> TranscriptVersion | None:
    """Return the version that the job has created already, if any."""
    run = db.scalar(
        select(TranscriptionRun).where(
            TranscriptionRun.job_id == job_id, TranscriptionRun.finished_at.is_not(None)
        )
    )
    return db.get(TranscriptVersion, run.details["version_id"]) if run is not None else None


def complete(
    db: Session,
    rights: Rights,
    interview: Interview,
    runs: Sequence[TranscriptionRun],
    *,
    language: str,
    origin: imports.MachineOrigin,
) -> TranscriptVersion:
    """Create one version from the chunks of all runs and finish the runs.

    Both happen in the caller's transaction, so that a repeated job finds its version
    instead of creating a second one.
    """
    spoken: list[imports.PlacedSegment] = []
    skipped: list[list[Any]] = []
    for run in runs:
        heard: list[TranscriptSegment] = []
        for chunk in list_chunks(db, run.id):
            heard += [segment_from_row(row) for row in chunk.segments]
            if chunk.kind == "skipped":
                skipped.append([run.recording_id, chunk.start_ms, chunk.end_ms])
        # Flag the whole recording again: a repetition may span two chunks.
        codes = guard.flag_segments(heard, prompt=run.details.get("prompt", ""))
        spoken += [
            (run.recording_id, replace(segment, flags=flags))
            for segment, flags in zip(heard, codes, strict=True)
        ]
    origin.options["skipped"] = skipped  # skipped spans stay visible and can be transcribed later
    version = imports.add_machine_version(
        db, rights, interview, language=language, origin=origin, segments=spoken
    )
    for run in runs:
        run.finished_at = utc_now()
        run.details = {**run.details, "version_id": version.id}
        db.execute(delete(TranscriptionChunk).where(TranscriptionChunk.run_id == run.id))
    db.flush()
    return version


def segment_from_row(row: dict[str, Any]) -> TranscriptSegment:
    """Build a segment from an event of the transcription child process."""
    return TranscriptSegment(
        id="",
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        text=row["text"],
        words=tuple(
            Word(start_ms=w[0], end_ms=w[1], text=w[2], confidence=w[3], source="asr")
            for w in row["words"]
        ),
        flags=tuple(row["flags"]),
    )
