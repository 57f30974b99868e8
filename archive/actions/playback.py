"""What a player needs of an interview: each recording with its access copy and its peaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.models import Interview, MediaFile, Recording


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
    files = db.scalars(
        select(MediaFile)
        .where(
            MediaFile.interview_id == interview.id,
            MediaFile.role.in_(("access", "peaks", "poster")),
        )
        .order_by(MediaFile.received_at)
    ).all()
    return [_of(recording, files) for recording in interview.recordings]


def _of(recording: Recording, files: Sequence[MediaFile]) -> Playable:
    found = {f.role: f for f in files if f.recording_id == recording.id}
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
