"""Edit history: author, time, words, and the revision to restore."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.transcripts import history
from archive.actions.transcripts.history import DiffPiece, HistoryEntry
from archive.models.base import new_id
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine
from tests.support.sample_transcript import Transcribed

RightsOf = Callable[[str | None], Rights]


def entries(db: Session, transcribed: Transcribed) -> list[HistoryEntry]:
    return history.changes(db, rights_of_machine("test"), *transcribed)


def pieces_of(entry: HistoryEntry) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in entry.pieces]


def test_changes_of_new_version_is_empty(db: Session, transcribed: Transcribed) -> None:
    assert entries(db, transcribed) == []


def test_changes_newest_first_with_author_and_words(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    of, version = transcribed
    cleo, rob = rights_of("cleo"), rights_of("rob")
    one = version.segments[1]
    change = SegmentChange(text="Hồi đó hẻm tui có cái giếng chung.")
    segments.save(Draft(db, cleo, of, version), one, change, based_on=1)
    segments.save(Draft(db, rob, of, version), one, SegmentChange(start_ms=4_200), based_on=2)
    last, first = entries(db, transcribed)
    assert (first.author, last.author) == ("Cleo", "Rob")
    assert pieces_of(first) == [
        ("same", "Hồi đó hẻm"),
        ("out", "tôi"),
        ("in", "tui"),
        ("same", "có cái giếng chung."),
    ]
    assert (first.changed_words, first.earlier, first.span_before) == (1, 1, None)
    assert (last.span_before, last.span, last.changed_words) == (
        (4_000, 12_000),
        (4_200, 12_000),
        0,
    )
    assert last.speaker.full == "Bà Nguyễn Thị Sen"


def test_changes_split_and_merge_remove_no_words(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    of, version = transcribed
    cleo, fresh = rights_of("cleo"), new_id()
    one = version.segments[1]
    segments.split(Draft(db, cleo, of, version), one, based_on=1, char=10, at_ms=None, new_id=fresh)
    segments.merge(Draft(db, cleo, of, version), *version.segments[1:3], based_on=(2, 1))
    joined, cut = entries(db, transcribed)
    for entry, kind in ((cut, "split"), (joined, "merge")):
        assert entry.kind == kind
        assert pieces_of(entry) == [("same", "Hồi đó hẻm"), ("moved", "tôi có cái giếng chung.")]


def test_changes_drop_has_reason_and_can_be_restored(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    of, version = transcribed
    cleo = rights_of("cleo")
    one = version.segments[4]
    segments.drop(Draft(db, cleo, of, version), one, based_on=1, reason="Máy tự thêm")
    (entry,) = entries(db, transcribed)
    assert pieces_of(entry) == [("out", sample_transcript.LINES[4][3])]
    assert (entry.reason, entry.earlier) == ("Máy tự thêm", 1)
    segments.restore(Draft(db, cleo, of, version), one, revision=1, reason="Có người nói thật")
    assert len(version.segments) == 5
    assert entries(db, transcribed)[0].reason == "Có người nói thật"


def test_changes_speaker_has_both_speakers(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    of, version = transcribed
    one = version.segments[4]
    segments.name_speaker(Draft(db, rights_of("cleo"), of, version), [one], speaker="Ông Bảy")
    (entry,) = entries(db, transcribed)
    assert entry.speaker_before is not None
    assert (entry.speaker_before.full, entry.speaker.full) == ("Bà Nguyễn Thị Sen", "Ông Bảy")


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "", []),
        ("a", "a", [("same", "a")]),
        ("", "a b", [("in", "a b")]),
        ("a b", "", [("out", "a b")]),
        ("a b c", "a x c", [("same", "a"), ("out", "b"), ("in", "x"), ("same", "c")]),
    ],
)
def test_diff_words_by_token(before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    assert history.diff_words(before, after) == [DiffPiece(kind, text) for kind, text in pieces]
