"""Names of speakers: in full for readers, title and given name for editors."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.actions.catalogue import names
from archive.models import Contribution, Interview, Recording, Segment, TranscriptVersion


@dataclass(frozen=True)
class Speaker:
    """Name and role of a speaker; `has_record`: linked to a contribution.

    `role` is witness, interviewer, other or empty.
    """

    full: str
    short: str
    role: str
    has_record: bool


UNNAMED = Speaker("", "", "", has_record=False)


def contribution_speaker(rights: Rights, contribution: Contribution) -> Speaker:
    """Return the speaker of a contribution, with the name that the reader may have."""
    name = names.name_for(rights, contribution.person)
    return Speaker(
        full=contribution.speaker_label or name.titled,
        short=contribution.speaker_label or name.short,
        role=contribution.role if contribution.role in ("witness", "interviewer") else "other",
        has_record=True,
    )


def participants(
    db: Session, rights: Rights, interview: Interview, version: TranscriptVersion | None
) -> list[Contribution]:
    """Return the listed contributions, then removed ones that still speak in the version.

    Of the latter only those who speak where the reader may read.
    """
    removed = [c for c in interview.contributions if c.removed_at is not None]
    if not removed or version is None:
        return interview.listed_contributions
    spoken = (
        select(Segment.contribution_id)
        .join(TranscriptVersion, TranscriptVersion.id == Segment.version_id)
        .join(Interview, Interview.id == TranscriptVersion.interview_id)
        .outerjoin(Recording, Recording.id == Segment.recording_id)
        .where(
            Segment.version_id == version.id,
            Segment.ended_at.is_(None),
            Segment.contribution_id.in_([c.id for c in removed]),
        )
    )
    speaking = set(db.scalars(access.readable_recordings(spoken, rights)))
    return [*interview.listed_contributions, *(c for c in removed if c.id in speaking)]


def segment_speaker(rights: Rights, segment: Segment, interview: Interview) -> Speaker:
    """Return the speaker of a segment; names are empty for an unnamed speaker."""
    voice = voice_speaker(rights, interview, segment.contribution_id, segment.speaker_label)
    return voice if voice.has_record else unlinked_speaker(segment.version, segment.speaker_label)


def unlinked_speaker(version: TranscriptVersion, label: str) -> Speaker:
    """Return a speaker without a contribution; the role is that of the imported file."""
    role = version.options.get("roles", {}).get(label, "")
    return Speaker(label, label, role, has_record=False)


def voice_speaker(
    rights: Rights, interview: Interview, contribution_id: str | None, label: str
) -> Speaker:
    """Return the speaker for the contribution id and label of a segment or revision."""
    for contribution in interview.contributions:
        if contribution.id == contribution_id:
            return contribution_speaker(rights, contribution)
    return Speaker(label, label, "", has_record=False)
