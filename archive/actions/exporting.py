"""A version of a transcript as a document that can leave the house.

One function makes it, from the rights of who asks; every format is a thin writer over
its result, so none can say more than another. Each carries the label of its state,
its version and its source line.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor, Refused
from archive.actions import speakers
from archive.actions.segment_changes import spoken
from archive.models import Interview, Recording, TranscriptVersion
from transcription.document import Segment as SpokenSegment
from transcription.document import Transcript
from transcription.formats.registry import FORMATS


class UnknownFormat(Refused):
    """No writer of this name; `known` lists those there are."""

    code = "unknown_format"


@dataclass(frozen=True)
class Export:
    """Bytes to be handed out; the name holds only what the reader may know."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What every export prints, in the reader's language."""

    label: str
    source_line: str
    witness: str = "witness"
    interviewer: str = "interviewer"


def writable() -> list[str]:
    """The names of the formats that can be written, in the order of the registry."""
    return [name for name, form in FORMATS.items() if form.write is not None]


def document(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion, wording: Wording
) -> Transcript:
    """The version as the toolbox knows it, for whoever may read it."""
    access.require(actor, "read", version, interview=interview)
    parts: dict[str | None, int] = {
        recording_id: part
        for recording_id, part in db.execute(
            select(Recording.id, Recording.part).where(Recording.interview_id == interview.id)
        )
    }
    people = [
        (speakers.of_contribution(c).full, getattr(wording, c.role))
        for c in interview.contributions
        if c.role in ("witness", "interviewer")
    ]
    told = []
    for segment in version.segments:
        speaker = speakers.of_segment(segment, interview)
        plain = spoken(segment)
        told.append(
            SpokenSegment(
                id=plain.id, start_ms=plain.start_ms, end_ms=plain.end_ms, text=plain.text,
                words=plain.words, speaker=speaker.full or None, role=speaker.role or None,
                flags=plain.flags, recording=parts.get(segment.recording_id, 1),
            )
        )  # fmt: skip
    return Transcript(
        accession=interview.accession, language=version.language, version=version.number,
        state=version.state, segments=tuple(told), title=interview.title,
        label=wording.label, source_line=wording.source_line, people=tuple(people),
    )  # fmt: skip


def export(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    format_name: str, wording: Wording,
) -> Export:  # fmt: skip
    """One version in one format; raises UnknownFormat."""
    form = FORMATS.get(format_name)
    if form is None or form.write is None:
        raise UnknownFormat(format=format_name[:20], known=writable())
    content = form.write(document(db, actor, interview, version, wording))
    suffix = form.suffixes[0].lstrip(".")
    return Export(f"{interview.accession}-v{version.number}.{suffix}", form.media_type, content)
