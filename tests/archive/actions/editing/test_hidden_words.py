"""No edit lets hidden words out of their span, and edits beside it go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.actions.editing import segments, structure
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange, SegmentRefused
from archive.actions.transcripts import rendition
from archive.models import Annotation, Interview, Segment, SegmentRevision, TranscriptVersion
from archive.models.base import new_id
from tests.support.rights import rights_of_machine, rights_of_role

EDITOR, READER = rights_of_machine("Cleo"), rights_of_role("researcher")
Transcribed = tuple[Interview, TranscriptVersion]
Edit = Callable[[Draft, Segment, Segment], object]


@pytest.fixture
def hidden(db: Session, transcribed: Transcribed) -> tuple[Draft, str]:
    """A draft whose second segment has a hidden last word."""
    interview, version = transcribed
    for row in (*version.segments, *db.query(SegmentRevision)):
        row.words = [[*word[:4], "asr"] for word in row.words]  # estimated ones are hidden together
    segment = version.segments[1]
    start_ms, end_ms, text = segment.words[-1][:3]
    db.add(
        Annotation(
            interview_id=interview.id,
            recording_id=segment.recording_id,
            kind="redaction",
            start_ms=start_ms,
            end_ms=end_ms,
            title="",
        )
    )
    db.commit()
    return Draft(db, EDITOR, interview, version), text


def read(draft: Draft) -> str:
    turns = rendition.for_reader(draft.db, READER, draft.interview, draft.version).turns
    return " ".join(turn.text for turn in turns)


def halve(draft: Draft, _first: Segment, second: Segment) -> object:
    middle = (second.start_ms + second.end_ms) // 2
    return segments.save(draft, second, SegmentChange(end_ms=middle), based_on=1)


def shift(draft: Draft, _first: Segment, second: Segment) -> object:
    return structure.shift(draft, first=second, by_ms=-(second.words[-1][1] - second.words[-1][0]))


@pytest.mark.parametrize("edit", [halve, shift])
def test_edit_that_would_show_hidden_words_is_refused(
    db: Session, hidden: tuple[Draft, str], edit: Edit
) -> None:
    draft, word = hidden
    assert word not in read(draft).split()
    with pytest.raises(SegmentRefused) as refused:
        edit(draft, *draft.version.segments[:2])
    assert refused.value.facts["why"] == "shows_hidden"
    db.rollback()
    db.expire_all()
    assert word not in read(draft).split()


def test_merge_that_moves_hidden_words_out_of_the_span_is_refused(
    db: Session, hidden: tuple[Draft, str]
) -> None:
    """The words of a segment that lies within another one are pushed to its end."""
    draft, word = hidden
    first, second = draft.version.segments[:2]
    first.end_ms = second.words[-1][1] + 5_000
    first.words = [*first.words[:-1], [*first.words[-1][:1], first.end_ms, *first.words[-1][2:]]]
    db.commit()
    with pytest.raises(SegmentRefused) as refused:
        segments.merge(draft, first, second, based_on=(1, 1))
    assert refused.value.facts["why"] == "shows_hidden"
    db.rollback()
    db.expire_all()
    assert word not in read(draft).split()


def test_edits_that_show_nothing_hidden_go_on(db: Session, hidden: tuple[Draft, str]) -> None:
    draft, word = hidden
    first, second = draft.version.segments[:2]
    segments.save(draft, first, SegmentChange(text=f"{first.text} {word}"), based_on=1)
    segments.save(draft, second, SegmentChange(state="heard"), based_on=1)
    shorter = second.text.rsplit(" ", 1)[0]
    segments.save(draft, second, SegmentChange(text=shorter), based_on=2)
    tail = segments.split(
        draft, first, based_on=2, char=first.text.index(" ") + 1, at_ms=None, new_id=new_id()
    )[1]
    segments.drop(draft, tail, based_on=1, reason="")
    assert word not in read(draft).split()
