"""What a player needs of an interview: each recording with its access copy and its peaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor
from archive.models import (
    Contribution,
    Interview,
    MediaFile,
    Recording,
    Segment,
    TranscriptVersion,
)

Span = tuple[int, int]  # from and to, in ms of a recording


@dataclass(frozen=True, kw_only=True)
class Playable:
    """A recording; ids are empty while the derivative is not made or could not be made.

    `problem` is the code of why there is no access copy.
    """

    recording: Recording
    access_id: str = ""
    access_type: str = ""
    peaks_id: str = ""
    peaks_path: str = ""
    poster_id: str = ""
    problem: str = ""


def playable(db: Session, interview: Interview) -> list[Playable]:
    """Every recording of an interview, in the order of its parts."""
    return playables(db, [interview])[interview.id]


def playables(db: Session, interviews: Sequence[Interview]) -> dict[str, list[Playable]]:
    """Every recording of each interview, by the interview's id: one question for all of them."""
    made: dict[str | None, dict[str, MediaFile]] = {}
    files = select(MediaFile).where(
        MediaFile.interview_id.in_([interview.id for interview in interviews]),
        MediaFile.role.in_(("access", "peaks", "poster")),
    )
    for file in db.scalars(files.order_by(MediaFile.received_at)):
        made.setdefault(file.recording_id, {})[file.role] = file
    return {
        interview.id: [
            _of(recording, made.get(recording.id, {})) for recording in interview.recordings
        ]
        for interview in interviews
    }


def asked(db: Session, actor: Actor, interviews: Sequence[Interview]) -> dict[str, list[Span]]:
    """When an interviewer speaks in each recording, for drawing; no words are read.

    Only from the text that readers are shown, and only where the actor may read it.
    """
    spans = access.readable(
        select(Segment.recording_id, Segment.start_ms, Segment.end_ms)
        .join(TranscriptVersion, TranscriptVersion.id == Segment.version_id)
        .join(Interview, Interview.id == TranscriptVersion.interview_id)
        .join(Contribution, Contribution.id == Segment.contribution_id)
        .where(
            Interview.id.in_([interview.id for interview in interviews]),
            TranscriptVersion.is_current.is_(True),
            Segment.ended_at.is_(None),
            Contribution.role == "interviewer",
        ),
        actor,
    )
    found: dict[str, list[Span]] = {}
    for recording_id, start_ms, end_ms in db.execute(spans.order_by(Segment.start_ms)):
        found.setdefault(recording_id or "", []).append((start_ms, end_ms))
    return found


def _of(recording: Recording, found: Mapping[str, MediaFile]) -> Playable:
    sound, peaks, poster = found.get("access"), found.get("peaks"), found.get("poster")
    return Playable(
        recording=recording,
        access_id=sound.id if sound is not None and sound.path else "",
        access_type=sound.media_type if sound is not None else "",
        peaks_id=peaks.id if peaks is not None and peaks.path else "",
        peaks_path=peaks.path if peaks is not None else "",
        poster_id=poster.id if poster is not None and poster.path else "",
        problem=sound.problem if sound is not None else "",
    )
