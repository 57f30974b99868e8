"""Two states of a text side by side: which passages meet, and which words differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed
from archive.actions import comparison, segments, transcripts
from archive.actions.comparison import Comparison, Passage, State
from archive.actions.segments import Change
from archive.models import Interview
from archive.models.base import new_id
from archive.models.transcript import TranscriptVersion
from tests import spoken

ActorOf = Callable[[str | None], Actor]
Line = tuple[str, int, int, str]


@pytest.fixture
def of(db: Session) -> Interview:
    return spoken.interview(db)


def state(db: Session, of: Interview, name: str) -> State:
    return next(one for one in comparison.states(db, of) if one.name == name)


def compare(db: Session, who: Actor, of: Interview, before: str, after: str) -> Comparison:
    return comparison.between(db, who, of, state(db, of, before), state(db, of, after))


def sides(passage: Passage) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    before, after = (
        [(piece.kind, piece.text) for piece in side.pieces]
        for side in (passage.before, passage.after)
    )
    return before, after


def touch(db: Session, who: Actor, of: Interview, version: TranscriptVersion, text: str) -> None:
    segments.save(db, who, of, version, version.segments[1], Change(text=text), based_on=1)


def test_a_text_has_a_first_state_once_it_was_changed(
    db: Session, of: Interview, actor_of: ActorOf
) -> None:
    version = spoken.version(db, of)
    assert [one.name for one in comparison.states(db, of)] == ["1"]
    touch(db, actor_of("cleo"), of, version, "Khác.")
    spoken.version(db, of)
    assert [one.name for one in comparison.states(db, of)] == ["2", "1", "1-first"]


def test_words_that_differ_stand_on_their_side(
    db: Session, of: Interview, actor_of: ActorOf
) -> None:
    cleo = actor_of("cleo")
    touch(db, cleo, of, spoken.version(db, of), "Hồi đó hẻm tui có cái giếng chung lắm.")
    compared = compare(db, cleo, of, "1-first", "1")
    assert compared.different == 1
    assert [(differs, len(run)) for differs, run in compared.stretches] == [
        (False, 1), (True, 1), (False, 3),
    ]  # fmt: skip
    passage = compared.passages[1]
    assert sides(passage) == (
        [("same", "Hồi đó hẻm"), ("out", "tôi"), ("same", "có cái giếng"), ("out", "chung.")],
        [("same", "Hồi đó hẻm"), ("in", "tui"), ("same", "có cái giếng"), ("in", "chung lắm.")],
    )
    assert (passage.start_ms, passage.part, passage.words) == (4_000, 1, 3)


def test_a_cut_a_join_and_a_dropped_passage_meet_what_was_heard_then(
    db: Session, of: Interview, actor_of: ActorOf
) -> None:
    cleo = actor_of("cleo")
    version = spoken.version(db, of)
    _first, second, third, fourth, fifth = version.segments
    segments.split(db, cleo, of, version, second, based_on=1, char=10, at_ms=None, new_id=new_id())
    segments.merge(db, cleo, of, version, third, fourth, based_on=(1, 1))
    segments.drop(db, cleo, of, version, fifth, based_on=1, reason="Máy tự thêm")
    compared = compare(db, cleo, of, "1-first", "1")
    assert [passage.start_ms for passage in compared.passages] == [0, 4_000, 12_000, 24_000]
    assert [passage.words for passage in compared.passages[:3]] == [0, 0, 0]
    assert sides(compared.passages[3]) == ([("out", spoken.LINES[4][3])], [])


def test_another_version_meets_the_old_one_by_time(
    db: Session, of: Interview, actor_of: ActorOf
) -> None:
    spoken.version(db, of)
    moved: tuple[Line, ...] = (
        ("interviewer", 300, 3_900, "Thưa bà, hồi đó hẻm mình ra sao ạ?"),
        ("witness", 4_200, 19_500, "Hồi đó hẻm tôi có cái giếng chung. Sáng nào ra gánh nước."),
        ("witness", 40_000, 45_000, "Nước ngọt lắm."),
    )
    spoken.version(db, of, lines=moved)
    compared = compare(db, actor_of("hoa"), of, "1", "2")
    times = [(p.start_ms, bool(p.before.pieces), bool(p.after.pieces)) for p in compared.passages]
    assert times == [
        (0, True, True), (4_000, True, True), (20_000, True, False), (24_000, True, False),
        (40_000, False, True),
    ]  # fmt: skip
    assert compared.passages[0].words == 0
    before, after = sides(compared.passages[1])
    assert before[0] == after[0] == ("same", "Hồi đó hẻm tôi có cái giếng chung. Sáng nào")


def test_no_word_of_either_text_is_lost(db: Session, of: Interview, actor_of: ActorOf) -> None:
    lines: tuple[Line, ...] = tuple(
        ("witness", start, start + 7_000, f"câu {start}") for start in range(500, 50_000, 3_000)
    )
    spoken.version(db, of)
    spoken.version(db, of, lines=lines)
    compared = compare(db, actor_of("hoa"), of, "1", "2")
    before, after = (
        " ".join(piece.text for side in text for piece in side.pieces)
        for text in (
            [passage.before for passage in compared.passages],
            [passage.after for passage in compared.passages],
        )
    )
    assert before == " ".join(line[3] for line in spoken.LINES)
    assert after == " ".join(line[3] for line in lines)


def test_only_the_speaker_may_differ(db: Session, of: Interview, actor_of: ActorOf) -> None:
    cleo = actor_of("cleo")
    version = spoken.version(db, of)
    segments.name_speaker(db, cleo, of, version, [version.segments[4]], speaker="Ông Bảy")
    (passage,) = [p for p in compare(db, cleo, of, "1-first", "1").passages if p.differs]
    assert passage.words == 0
    assert (passage.before.voices, passage.after.voices) == (["Bà Nguyễn Thị Sen"], ["Ông Bảy"])


def test_the_next_version_starts_from_the_approved_words(
    db: Session, of: Interview, actor_of: ActorOf
) -> None:
    rob = actor_of("rob")
    transcripts.open_next(db, rob, of, spoken.approved(db, of), reason="sai tên")
    assert compare(db, rob, of, "1", "2").different == 0


def test_texts_are_compared_by_whoever_may_see_their_history(
    db: Session, of: Interview, actor_of: ActorOf
) -> None:
    spoken.approved(db, of)
    with pytest.raises(NotAllowed):
        compare(db, actor_of("sam"), of, "1", "1")
