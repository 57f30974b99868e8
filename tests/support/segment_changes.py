"""Changes of segments of the sample transcript, made by one editor."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.transcripts.words import to_document
from archive.models import Segment
from tests.support.rights import rights_of_machine
from tests.support.sample_transcript import Transcribed
from transcription.document import validate

CLEO = rights_of_machine("Cleo")


def save_segment(
    db: Session, transcribed: Transcribed, number: int, *, based_on: int = 1, **values: Any
) -> segments.SaveResult:
    """Change a segment, counted from 0, to these values."""
    interview, version = transcribed
    segment = version.segments[number]
    return segments.save(
        Draft(db, CLEO, interview, version), segment, SegmentChange(**values), based_on=based_on
    )


def has_valid_words(segment: Segment) -> bool:
    """Return whether text, words and times of a segment agree."""
    return validate(to_document(segment)) == ()
