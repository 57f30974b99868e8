"""Comparison of two states of a transcript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, Rights
from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.transcripts import comparison, versions
from archive.actions.transcripts.comparison import ComparedPassage, Comparison, TextState
from archive.models import Interview
from archive.models.base import new_id
from archive.models.transcript import TranscriptVersion
from tests.support import sample_transcript

RightsOf = Callable[[str | None], Rights]
Line = tuple[str, int, int, str]


@pytest.fixture
def of(db: Session) -> Interview:
    return sample_transcript.add_interview(db)


def state(db: Session, of: Interview, name: str) -> TextState:
    return next(one for one in comparison.list_states(db, of) if one.name == name)


def compare(db: Session, who: Rights, of: Interview, before: str, after: str) -> Comparison:
    return comparison.compare_states(db, who, of, state(db, of, before), state(db, of, after))


def pieces_of(passage: ComparedPassage) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    before, after = (
        [(piece.kind, piece.text) for piece in side.pieces]
        for side in (passage.before, passage.after)
    )
    return before, after


def edit_second_segment(
    db: Session, who: Rights, of: Interview, version: TranscriptVersion, text: str
) -> None:
    segments.save(
        Draft(db, who, of, version), version.segments[1], SegmentChange(text=text), based_on=1
    )


def test_list_states_first_state_only_after_a_change(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    version = sample_transcript.add_version(db, of)
    assert [one.name for one in comparison.list_states(db, of)] == ["1"]
    edit_second_segment(db, rights_of("cleo"), of, version, "Khác.")
    sample_transcript.add_version(db, of)
    assert [one.name for one in comparison.list_states(db, of)] == ["2", "1", "1-first"]


def test_compare_states_marks_different_words(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    cleo = rights_of("cleo")
    edit_second_segment(
        db,
        cleo,
        of,
        sample_transcript.add_version(db, of),
        "Hồi đó hẻm tui có cái giếng chung lắm.",
    )
    compared = compare(db, cleo, of, "1-first", "1")
    assert compared.different == 1
    assert [(differs, len(run)) for differs, run in compared.stretches] == [
        (False, 1),
        (True, 1),
        (False, 3),
    ]
    passage = compared.passages[1]
    assert pieces_of(passage) == (
        [("same", "Hồi đó hẻm"), ("out", "tôi"), ("same", "có cái giếng"), ("out", "chung.")],
        [("same", "Hồi đó hẻm"), ("in", "tui"), ("same", "có cái giếng"), ("in", "chung lắm.")],
    )
    assert (passage.start_ms, passage.part, passage.changed_words) == (4_000, 1, 3)


def test_compare_states_after_split_merge_and_drop(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    cleo = rights_of("cleo")
    version = sample_transcript.add_version(db, of)
    _first, second, third, fourth, fifth = version.segments
    segments.split(
        Draft(db, cleo, of, version), second, based_on=1, char=10, at_ms=None, new_id=new_id()
    )
    segments.merge(Draft(db, cleo, of, version), third, fourth, based_on=(1, 1))
    segments.drop(Draft(db, cleo, of, version), fifth, based_on=1, reason="Máy tự thêm")
    compared = compare(db, cleo, of, "1-first", "1")
    assert [passage.start_ms for passage in compared.passages] == [0, 4_000, 12_000, 24_000]
    assert [passage.changed_words for passage in compared.passages[:3]] == [0, 0, 0]
    assert pieces_of(compared.passages[3]) == ([("out", sample_transcript.LINES[4][3])], [])


def test_compare_states_matches_versions_by_time(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    sample_transcript.add_version(db, of)
    moved: tuple[Line, ...] = (
        ("interviewer", 300, 3_900, "Thưa bà, hồi đó hẻm mình ra sao ạ?"),
        ("witness", 4_200, 19_500, "Hồi đó hẻm tôi có cái giếng chung. Sáng nào ra gánh nước."),
        ("witness", 40_000, 45_000, "Nước ngọt lắm."),
    )
    sample_transcript.add_version(db, of, lines=moved)
    compared = compare(db, rights_of("hoa"), of, "1", "2")
    times = [(p.start_ms, bool(p.before.pieces), bool(p.after.pieces)) for p in compared.passages]
    assert times == [
        (0, True, True),
        (4_000, True, True),
        (20_000, True, False),
        (24_000, True, False),
        (40_000, False, True),
    ]
    assert compared.passages[0].changed_words == 0
    before, after = pieces_of(compared.passages[1])
    assert before[0] == after[0] == ("same", "Hồi đó hẻm tôi có cái giếng chung. Sáng nào")


def test_compare_states_contains_every_word(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    lines: tuple[Line, ...] = tuple(
        ("witness", start, start + 7_000, f"câu {start}") for start in range(500, 50_000, 3_000)
    )
    sample_transcript.add_version(db, of)
    sample_transcript.add_version(db, of, lines=lines)
    compared = compare(db, rights_of("hoa"), of, "1", "2")
    before, after = (
        " ".join(piece.text for side in text for piece in side.pieces)
        for text in (
            [passage.before for passage in compared.passages],
            [passage.after for passage in compared.passages],
        )
    )
    assert before == " ".join(line[3] for line in sample_transcript.LINES)
    assert after == " ".join(line[3] for line in lines)


def test_compare_states_with_different_speaker_only(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    cleo = rights_of("cleo")
    version = sample_transcript.add_version(db, of)
    segments.name_speaker(Draft(db, cleo, of, version), [version.segments[4]], speaker="Ông Bảy")
    (passage,) = [p for p in compare(db, cleo, of, "1-first", "1").passages if p.differs]
    assert passage.changed_words == 0
    assert (passage.before.voices, passage.after.voices) == (["Bà Nguyễn Thị Sen"], ["Ông Bảy"])


def test_compare_states_new_version_equals_approved(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    rob = rights_of("rob")
    versions.open_next(
        db, rob, of, sample_transcript.add_approved_version(db, of), reason="sai tên"
    )
    assert compare(db, rob, of, "1", "2").different == 0


def test_compare_states_requires_see_history(
    db: Session, of: Interview, rights_of: RightsOf
) -> None:
    sample_transcript.add_approved_version(db, of)
    with pytest.raises(NotAllowed):
        compare(db, rights_of("sam"), of, "1", "1")
