"""Export of transcript versions.

`build_document` checks the rights of the reader; every format writes its result, so all
hold the same content. Each has the label of its state, its version and its source line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from archive import access
from archive.access import Refused, Rights
from archive.actions.transcripts import rendition, speakers
from archive.models import Interview, TranscriptVersion
from transcription.document import Transcript, TranscriptSegment
from transcription.formats.registry import FORMATS


class UnknownFormat(Refused):
    """Raised for unknown formats; `known` lists the available ones."""

    code = "unknown_format"


@dataclass(frozen=True)
class ExportedFile:
    """Content of an export; the name holds only the accession and the version."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class ExportLabels:
    """Texts that every export prints, in the reader's language; `unheard` explains a mark.

    `part_headings` are the headings of recordings by their part, where there are several.
    """

    label: str
    unheard: str
    source_line: str
    witness: str = "witness"
    interviewer: str = "interviewer"
    part_headings: Mapping[int, str] = field(default_factory=dict)


def writable_formats() -> list[str]:
    """Return the names of the formats with a writer, in the order of the registry."""
    return [name for name, form in FORMATS.items() if form.write is not None]


def build_document(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    labels: ExportLabels,
) -> Transcript:
    """Build the document of a version; requires the right to read it."""
    turns = rendition.for_reader(db, rights, interview, version, action="download").turns
    participants = speakers.participants(db, rights, interview, version)
    people = [
        (participant.speaker.full, getattr(labels, role))
        for role in ("witness", "interviewer")
        for participant in participants
        if participant.role == role
    ]
    segments = [
        TranscriptSegment(
            id=turn.id,
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            text=turn.text,
            words=turn.words,
            speaker=turn.speaker.full or None,
            role=turn.speaker.role or None,
            flags=tuple(turn.flags),
            recording=turn.part,
            vouched_by=turn.vouched_by,
            is_unheard=turn.is_unheard,
        )
        for turn in turns
    ]
    return Transcript(
        accession=interview.accession,
        language=version.language,
        version=version.number,
        state=version.state,
        segments=tuple(segments),
        title=interview.title,
        label=labels.label,
        unheard_label=labels.unheard,
        source_line=labels.source_line,
        people=tuple(dict.fromkeys(people)),
        part_headings=tuple(labels.part_headings.items()),
    )


def export(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    format_name: str,
    labels: ExportLabels,
) -> ExportedFile:
    """Write one version in one format; raises UnknownFormat, NotVisible or NotAllowed."""
    access.require(rights, "download", access.Scope(interview, version))
    form = FORMATS.get(format_name)
    if form is None or form.write is None:
        raise UnknownFormat(format=format_name[:20], known=writable_formats())
    content = form.write(build_document(db, rights, interview, version, labels))
    suffix = form.suffixes[0].lstrip(".")
    return ExportedFile(
        f"{interview.accession}-v{version.number}.{suffix}", form.media_type, content
    )
