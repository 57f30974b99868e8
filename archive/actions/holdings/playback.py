"""Playback: each recording with its access copy, its peaks and its poster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.actions.catalogue import names
from archive.models import (
    Contribution,
    Interview,
    MediaFile,
    Recording,
    Segment,
    TranscriptVersion,
)

SpanMs = tuple[int, int]  # start and end, in ms of the recording


@dataclass(frozen=True, kw_only=True)
class Playable:
    """A recording with its derivatives; ids are empty where a derivative is missing.

    `problem` is the code of the failed access copy.
    """

    recording: Recording
    access_id: str = ""
    access_type: str = ""
    peaks_id: str = ""
    peaks_path: str = ""
    poster_id: str = ""
    problem: str = ""


def playables_of(db: Session, rights: Rights, interview: Interview) -> list[Playable]:
    """Return the recordings of an interview that the reader may hear, by part."""
    return playables_by_interview(db, rights, [interview])[interview.id]


def playables_by_interview(
    db: Session, rights: Rights, interviews: Sequence[Interview]
) -> dict[str, list[Playable]]:
    """Return the recordings that the reader may hear, by interview id, with one query."""
    derivatives: dict[tuple[str, str | None], dict[str, MediaFile]] = {}
    files = select(MediaFile).where(
        MediaFile.interview_id.in_([interview.id for interview in interviews]),
        MediaFile.role.in_(("access", "peaks", "poster")),
    )
    for file in db.scalars(files.order_by(MediaFile.received_at)):
        owners = (file.interview_id, file.recording_id)
        derivatives.setdefault(owners, {})[file.role] = file
    return {
        interview.id: [
            _playable(recording, derivatives.get((interview.id, recording.id), {}))
            for recording in interview.recordings
            if access.may(rights, "hear", access.Scope(interview, recording_id=recording.id))
        ]
        for interview in interviews
    }


def closed_parts(rights: Rights, interview: Interview) -> list[int]:
    """Return the parts whose recording the reader may know of, and may not hear."""
    return [
        recording.part
        for recording in access.known_recordings(rights, interview)
        if not access.may(rights, "hear", access.Scope(interview, recording_id=recording.id))
    ]


def interviewer_spans(
    db: Session, rights: Rights, interviews: Sequence[Interview]
) -> dict[str, list[SpanMs]]:
    """Return the times at which an interviewer speaks, by recording id, for the waveform.

    Reads the current versions only, and only those that the actor may read.
    """
    query = access.readable(
        select(Segment.recording_id, Segment.start_ms, Segment.end_ms)
        .join(TranscriptVersion, TranscriptVersion.id == Segment.version_id)
        .join(Interview, Interview.id == TranscriptVersion.interview_id)
        .join(Contribution, Contribution.id == Segment.contribution_id)
        .outerjoin(Recording, Recording.id == Segment.recording_id)
        .where(
            Interview.id.in_([interview.id for interview in interviews]),
            TranscriptVersion.is_current.is_(True),
            Segment.ended_at.is_(None),
            names.role_column() == "interviewer",
        ),
        rights,
    )
    by_recording: dict[str, list[SpanMs]] = {}
    query = access.readable_recordings(query, rights)
    for recording_id, start_ms, end_ms in db.execute(query.order_by(Segment.start_ms)):
        by_recording.setdefault(recording_id or "", []).append((start_ms, end_ms))
    return by_recording


def _playable(recording: Recording, derivatives: Mapping[str, MediaFile]) -> Playable:
    sound, peaks, poster = (
        derivatives.get("access"),
        derivatives.get("peaks"),
        derivatives.get("poster"),
    )
    return Playable(
        recording=recording,
        access_id=sound.id if sound is not None and sound.path else "",
        access_type=sound.media_type if sound is not None else "",
        peaks_id=peaks.id if peaks is not None and peaks.path else "",
        peaks_path=peaks.path if peaks is not None else "",
        poster_id=poster.id if poster is not None and poster.path else "",
        problem=sound.problem if sound is not None else "",
    )
