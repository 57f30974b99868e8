"""Build the index documents of an interview: passages and description.

The index stores access terms but no text; hits are read again from the database with the
reader's rights. It is a cache that `rebuilding` can rebuild.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from archive import access
from archive.actions.catalogue import names
from archive.actions.transcripts import rendition, versions
from archive.actions.transcripts.rendition import Turn
from archive.models import Interview, Outbox, TranscriptVersion
from search.backends.base import IndexedInterview
from search.passages import Passage, PassageDocument, SourceSegment, build_passages

DESCRIPTION = "description"
PASSAGE = "passage"
BATCH_SIZE = 50


def pending(db: Session) -> dict[str, int]:
    """Return changed interviews with the number of the last change, the oldest first."""
    rows = db.execute(
        select(Outbox.interview_id, func.max(Outbox.number))
        .group_by(Outbox.interview_id)
        .order_by(func.min(Outbox.number))
        .limit(BATCH_SIZE)
    )
    return {interview_id: number for interview_id, number in rows}


def waiting_since(db: Session) -> datetime | None:
    """Return since when the oldest change waits; None if none does."""
    return db.scalar(select(func.min(Outbox.at)))


def acknowledge(db: Session, indexed: dict[str, int]) -> None:
    """Delete outbox rows up to the indexed change of each interview; later ones stay."""
    for interview_id, number in indexed.items():
        db.execute(
            delete(Outbox).where(Outbox.interview_id == interview_id, Outbox.number <= number)
        )


def acknowledge_until(db: Session, number: int) -> None:
    """Delete outbox rows up to a number, after a rebuild."""
    db.execute(delete(Outbox).where(Outbox.number <= number))


def last_change_number(db: Session) -> int:
    """Return the highest number of the outbox, to be acknowledged after a rebuild."""
    return db.scalar(select(func.max(Outbox.number))) or 0


def build_documents(
    db: Session, interview_id: str, *, number: int, public_states: frozenset[str]
) -> IndexedInterview | None:
    """Build the documents of one interview; return None if it was deleted."""
    interview = db.get(Interview, interview_id, populate_existing=True)
    if interview is None:
        return None
    documents = [_description(interview, number)]
    version = versions.current_version(db, interview)
    if version is not None:
        turns = rendition.for_index(db, interview, version).turns
        documents += _passages(interview, version, turns, number, public_states)
    return IndexedInterview(interview.id, number, documents)


def passage_id(version: TranscriptVersion, passage: Passage) -> str:
    """Return the id of a passage: version, first segment, and start within it."""
    first = passage.slices[0]
    return f"{version.id}:{first.segment_id}:{first.segment_start}"


def cut_passages(turns: Sequence[Turn]) -> list[Passage]:
    """Cut turns into passages, for indexing and for reading hits again."""
    return build_passages(
        [
            SourceSegment(
                segment_id=turn.id,
                position=number,
                start_ms=turn.start_ms,
                end_ms=turn.end_ms,
                text=turn.text,
                speaker=turn.speaker.full or None,
                role=turn.speaker.role or None,
                recording=turn.part,
            )
            for number, turn in enumerate(turns)
        ]
    )


def _passages(
    interview: Interview,
    version: TranscriptVersion,
    turns: Sequence[Turn],
    number: int,
    public_states: frozenset[str],
) -> list[PassageDocument]:
    term = access.text_access_term(interview.audience, version.state, public_states)
    recordings = _recordings_by_turn(interview, turns)
    shared = {**_fields(interview), "kind": PASSAGE, "state": version.state}
    return [
        PassageDocument(
            pid=passage_id(version, passage),
            interview=interview.id,
            version=number,
            text=passage.text,
            overlap_from=passage.overlap_from,
            access=frozenset({term}),
            fields={
                **shared,
                "language": version.language,
                "role": passage.role or "unknown",
                "recording": set().union(*(recordings[s.segment_id] for s in passage.slices)),
            },
        )
        for passage in cut_passages(turns)
    ]


def _recordings_by_turn(interview: Interview, turns: Sequence[Turn]) -> dict[str, set[str]]:
    """Return the recordings of each turn; without one it counts to all, as in `redaction`."""
    of_all = {recording.id for recording in interview.recordings}
    return {turn.id: {turn.recording_id} if turn.recording_id else of_all for turn in turns}


def _description(interview: Interview, number: int) -> PassageDocument:
    people = [c.person for c in interview.listed_contributions]
    words = [interview.accession, *interview.former_numbers, interview.title]
    reader = access.EVERY_READER
    words += [name.full for name in names.names_for(reader, people).values()]
    words += [other for person in people for other in names.other_names_for(reader, person)]
    words += [interview.place_as_told, *interview.keywords, interview.abstract]
    if interview.place is not None:
        words += [interview.place.name, interview.place.other_names]
    return PassageDocument(
        pid=f"{DESCRIPTION}:{interview.id}",
        interview=interview.id,
        version=number,
        text=". ".join(word for word in words if word),
        access=frozenset({interview.audience}),
        fields={**_fields(interview), "kind": DESCRIPTION, "language": interview.language},
    )


def _fields(interview: Interview) -> dict[str, str | list[str]]:
    first = interview.told_from_year or (
        interview.held_earliest_on.year if interview.held_earliest_on else None
    )
    last = interview.told_to_year or first
    years = (
        [str(year) for year in range(first, min(last or first, first + 200) + 1)] if first else []
    )
    code = interview.collection.code if interview.collection else ""
    return {"collection": code, "year": years}
