"""What a speaker is called: in full for readers, by title and given name for editors."""

from __future__ import annotations

from dataclasses import dataclass

from archive.models import Contribution, Interview, Segment, TranscriptVersion


@dataclass(frozen=True)
class Speaker:
    """`role`: witness, interviewer, other or empty. `known`: a person record stands behind it."""

    full: str
    short: str
    role: str
    known: bool


def of_contribution(contribution: Contribution) -> Speaker:
    """A named person of the interview."""
    person = contribution.person
    title = f"{person.honorific} " if person.honorific else ""
    return Speaker(
        full=contribution.speaker_label or f"{title}{person.full_name}",
        short=contribution.speaker_label or f"{title}{person.given_name}",
        role=contribution.role if contribution.role in ("witness", "interviewer") else "other",
        known=True,
    )


def of_segment(segment: Segment, interview: Interview) -> Speaker:
    """Who speaks in a segment; an unnamed voice has empty names."""
    voice = of_voice(interview, segment.contribution_id, segment.speaker_label)
    return voice if voice.known else without_record(segment.version, segment.speaker_label)


def without_record(version: TranscriptVersion, label: str) -> Speaker:
    """A voice that no person record stands behind: its role is what the imported file said."""
    role = version.options.get("roles", {}).get(label, "")
    return Speaker(label, label, role, known=False)


def of_voice(interview: Interview, contribution_id: str | None, label: str) -> Speaker:
    """A voice as segments and their revisions name it."""
    for contribution in interview.contributions:
        if contribution.id == contribution_id:
            return of_contribution(contribution)
    return Speaker(label, label, "", known=False)
