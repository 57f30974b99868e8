"""What the search index is told of an interview: passages of its text, and its description.

The index holds no text and decides no rights; it holds access terms, and what it
finds is read again from the database with the reader's own rights. It is a cache:
`everything()` is enough to make it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from archive import access
from archive.actions import speakers, transcripts
from archive.models import Interview, Outbox, Segment, TranscriptVersion
from search.backends.base import IndexedInterview
from search.passages import Passage, PassageDocument, Spoken, build

DESCRIPTION = "description"
PASSAGE = "passage"
MOST_AT_ONCE = 50


def waiting(db: Session) -> dict[str, int]:
    """Interviews that changed, each with the number of its last change; the oldest first."""
    rows = db.execute(
        select(Outbox.interview_id, func.max(Outbox.number))
        .group_by(Outbox.interview_id)
        .order_by(func.min(Outbox.number))
        .limit(MOST_AT_ONCE)
    )
    return {interview_id: number for interview_id, number in rows}


def done(db: Session, told: dict[str, int]) -> None:
    """Forget the changes that the index has; later ones of the same interview stay."""
    for interview_id, number in told.items():
        db.execute(
            delete(Outbox).where(Outbox.interview_id == interview_id, Outbox.number <= number)
        )


def forget_until(db: Session, number: int) -> None:
    """Forget every change up to a mark: a rebuild has seen them."""
    db.execute(delete(Outbox).where(Outbox.number <= number))


def last_change(db: Session) -> int:
    """The high-water mark of the outbox: what a rebuild that starts now will have seen."""
    return db.scalar(select(func.max(Outbox.number))) or 0


def indexed(
    db: Session, interview_id: str, *, number: int, public_states: frozenset[str]
) -> IndexedInterview | None:
    """Everything that may be found of one interview; None when it is gone."""
    interview = db.get(Interview, interview_id, populate_existing=True)
    if interview is None:
        return None
    documents = [_description(interview, number)]
    version = transcripts.shown(db, interview)
    if version is not None:
        documents += _passages(interview, version, number, public_states)
    return IndexedInterview(interview.id, number, documents)


def everything(db: Session, public_states: frozenset[str]) -> Iterator[IndexedInterview]:
    """Every interview, for a rebuild."""
    mark = last_change(db)
    for interview_id in db.scalars(select(Interview.id).order_by(Interview.id)).all():
        found = indexed(db, interview_id, number=mark, public_states=public_states)
        if found is not None:
            yield found
        db.expunge_all()


def pid_of(version: TranscriptVersion, passage: Passage) -> str:
    """Names a passage by where its words begin, so that it is found again after a save."""
    first = passage.pieces[0]
    return f"{version.id}:{first.segment_id}:{first.segment_start}"


def passages_of(interview: Interview, rows: Sequence[Segment]) -> list[Passage]:
    """Cut segments into passages; the same when indexing and when reading a hit again."""
    told = []
    for number, segment in enumerate(rows):
        speaker = speakers.of_segment(segment, interview)
        told.append(
            Spoken(
                segment_id=segment.id, position=number, start_ms=segment.start_ms,
                end_ms=segment.end_ms, text=segment.text, speaker=speaker.full or None,
                role=speaker.role or None, recording=_part(interview, segment),
            )
        )  # fmt: skip
    return build(told)


def _passages(
    interview: Interview, version: TranscriptVersion, number: int, public_states: frozenset[str]
) -> list[PassageDocument]:
    term = access.text_access_term(interview.audience, version.state, public_states)
    shared = {**_fields(interview), "kind": PASSAGE, "state": version.state}
    return [
        PassageDocument(
            pid=pid_of(version, passage),
            interview=interview.id,
            version=number,
            text=passage.text,
            overlap_from=passage.overlap_from,
            access=frozenset({term}),
            fields={**shared, "language": version.language, "role": passage.role or "unknown"},
        )
        for passage in passages_of(interview, version.segments)
    ]


def _description(interview: Interview, number: int) -> PassageDocument:
    people = [c.person for c in interview.contributions]
    words = [interview.accession, interview.title]
    words += [person.full_name for person in people]
    words += [name.name for person in people for name in person.other_names]
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


def _part(interview: Interview, segment: Segment) -> int:
    for recording in interview.recordings:
        if recording.id == segment.recording_id:
            return recording.part
    return 1
