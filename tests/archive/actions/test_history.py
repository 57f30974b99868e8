"""What the history of a version tells: who, when, which words, and what can come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor
from archive.actions import history, segments
from archive.actions.history import Piece, Step
from archive.actions.segments import Change
from archive.models import Interview
from archive.models.base import new_id
from archive.models.transcript import TranscriptVersion
from tests import spoken

ActorOf = Callable[[str | None], Actor]


@pytest.fixture
def told(db: Session) -> tuple[Interview, TranscriptVersion]:
    of = spoken.interview(db)
    return of, spoken.version(db, of)


def steps(db: Session, told: tuple[Interview, TranscriptVersion]) -> list[Step]:
    return history.changes(db, *told)


def said(step: Step) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in step.pieces]


def test_the_words_as_they_came_are_no_change(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    assert steps(db, told) == []


def test_the_newest_change_comes_first_with_its_person_and_its_words(
    db: Session, told: tuple[Interview, TranscriptVersion], actor_of: ActorOf
) -> None:
    of, version = told
    cleo, rob = actor_of("cleo"), actor_of("rob")
    one = version.segments[1]
    change = Change(text="Hồi đó hẻm tui có cái giếng chung.")
    segments.save(db, cleo, of, version, one, change, based_on=1)
    segments.save(db, rob, of, version, one, Change(start_ms=4_200), based_on=2)
    last, first = steps(db, told)
    assert (first.author, last.author) == ("Cleo", "Rob")
    assert said(first) == [
        ("same", "Hồi đó hẻm"), ("out", "tôi"), ("in", "tui"), ("same", "có cái giếng chung."),
    ]  # fmt: skip
    assert (first.words, first.earlier, first.span_before) == (1, 1, None)
    assert (last.span_before, last.span, last.words) == ((4_000, 12_000), (4_200, 12_000), 0)
    assert last.speaker.full == "Bà Nguyễn Thị Sen"


def test_a_cut_and_a_join_strike_nothing_out(
    db: Session, told: tuple[Interview, TranscriptVersion], actor_of: ActorOf
) -> None:
    of, version = told
    cleo, fresh = actor_of("cleo"), new_id()
    one = version.segments[1]
    segments.split(db, cleo, of, version, one, based_on=1, char=10, at_ms=None, new_id=fresh)
    segments.merge(db, cleo, of, version, *version.segments[1:3], based_on=(2, 1))
    joined, cut = steps(db, told)
    for step, kind in ((cut, "split"), (joined, "merge")):
        assert step.kind == kind
        assert said(step) == [("same", "Hồi đó hẻm"), ("moved", "tôi có cái giếng chung.")]


def test_what_was_taken_out_is_struck_with_its_reason_and_can_come_back(
    db: Session, told: tuple[Interview, TranscriptVersion], actor_of: ActorOf
) -> None:
    of, version = told
    cleo = actor_of("cleo")
    one = version.segments[4]
    segments.drop(db, cleo, of, version, one, based_on=1, reason="Máy tự thêm")
    (step,) = steps(db, told)
    assert said(step) == [("out", spoken.LINES[4][3])]
    assert (step.reason, step.earlier) == ("Máy tự thêm", 1)
    segments.restore(db, cleo, of, version, one, revision=1, reason="Có người nói thật")
    assert len(version.segments) == 5
    assert steps(db, told)[0].reason == "Có người nói thật"


def test_a_speaker_is_told_before_and_after(
    db: Session, told: tuple[Interview, TranscriptVersion], actor_of: ActorOf
) -> None:
    of, version = told
    one = version.segments[4]
    segments.name_speaker(db, actor_of("cleo"), of, version, [one], speaker="Ông Bảy")
    (step,) = steps(db, told)
    assert step.speaker_before is not None
    assert (step.speaker_before.full, step.speaker.full) == ("Bà Nguyễn Thị Sen", "Ông Bảy")


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
def test_texts_are_compared_token_by_token(
    before: str, after: str, pieces: list[tuple[str, str]]
) -> None:
    assert history.compare(before, after) == [Piece(kind, text) for kind, text in pieces]
