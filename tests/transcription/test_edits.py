from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.transcription.strategies import documents, segments, texts
from transcription import edits
from transcription.document import Segment, Word, faults
from transcription.edit_log import (
    Edit,
    Merge,
    ReplaceText,
    Restore,
    SetSpeaker,
    SetTimes,
    Split,
    apply,
    inverse,
)
from transcription.edits import REFUSALS, EditRefused

LAN = Segment(
    id="s1", start_ms=1_000, end_ms=3_000, text="Hồi đó tôi", speaker="Bà Lan", role="witness",
    flags=("unclear",),
    words=(
        Word(start_ms=1_100, end_ms=1_400, text="Hồi", confidence=0.9, source="asr"),
        Word(start_ms=1_500, end_ms=1_900, text="đó", confidence=0.8, source="asr"),
        Word(start_ms=2_300, end_ms=2_700, text="tôi", confidence=1.0, source="edit"),
    ),
)  # fmt: skip
HOA = replace(
    LAN, id="s2", start_ms=3_000, end_ms=4_000, text="ừ", words=(), speaker="PV", flags=()
)


@pytest.mark.parametrize(
    ("char", "first"),
    [(3, "Hồi"), (4, "Hồi"), (5, "Hồi"), (6, "Hồi đó"), (7, "Hồi đó"), (8, "Hồi đó")],
)
def test_a_caret_cuts_between_words_never_through_one(char: int, first: str) -> None:
    left, right = edits.split(LAN, char=char, new_id="s9")
    assert (left.text, f"{left.text} {right.text}") == (first, LAN.text)
    assert (left.id, right.id) == ("s1", "s9")


def test_the_halves_meet_in_the_middle_of_the_silence() -> None:
    left, right = edits.split(LAN, char=7, new_id="s9")
    assert (left.start_ms, left.end_ms, right.start_ms, right.end_ms) == (
        1_000,
        2_100,
        2_100,
        3_000,
    )


def test_a_cut_given_in_time_wins_over_the_silence() -> None:
    left, right = edits.split(LAN, char=7, new_id="s9", at_ms=1_700)
    assert (left.end_ms, right.start_ms) == (1_700, 1_700)
    assert left.words[1].end_ms == 1_700


def test_merging_keeps_the_first_ones_speaker_and_shares_time_to_a_text_without_words() -> None:
    joined = edits.merge(LAN, HOA)
    assert (joined.id, joined.speaker, joined.text) == ("s1", "Bà Lan", "Hồi đó tôi ừ")
    assert (joined.words[-1].start_ms, joined.words[-1].source) == (3_000, "import")


def test_a_segment_moved_as_a_whole_takes_its_words_along() -> None:
    moved = edits.set_times(LAN, start_ms=1_250, end_ms=3_250)
    assert [w.start_ms for w in moved.words] == [1_350, 1_750, 2_550]


def test_an_edge_moved_in_silence_leaves_every_word_where_it_was_heard() -> None:
    assert edits.set_times(LAN, start_ms=1_050, end_ms=2_900).words == LAN.words


def test_an_edge_moved_into_a_word_cuts_it() -> None:
    moved = edits.set_times(LAN, start_ms=1_000, end_ms=2_500)
    assert (moved.words[:2], moved.words[2].end_ms) == (LAN.words[:2], 2_500)


def test_times_that_would_swallow_a_word_scale_them_all() -> None:
    moved = edits.set_times(LAN, start_ms=1_000, end_ms=2_000)
    assert [(w.start_ms, w.end_ms) for w in moved.words] == [
        (1_050, 1_200), (1_250, 1_450), (1_650, 1_850),
    ]  # fmt: skip


@given(segments(), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_merging_what_was_split_gives_the_segment_back(segment: Segment, char: int) -> None:
    try:
        left, right = edits.split(segment, char=min(char, len(segment.text)), new_id="s9")
    except EditRefused:
        reject()
    assert faults(left) == faults(right) == ()
    assert edits.merge(left, right) == segment


@st.composite
def _edits(draw: st.DrawFn, document: tuple[Segment, ...]) -> Edit:
    chosen = draw(st.sampled_from(document))
    at = document.index(chosen)
    start = draw(st.integers(0, 60_000))
    made: list[Edit] = [
        ReplaceText(id=chosen.id, text=draw(st.one_of(texts, st.text(max_size=9)))),
        SetSpeaker(id=chosen.id, speaker=draw(st.sampled_from([None, "Cô Ba"])), role="other"),
        SetTimes(id=chosen.id, start_ms=start, end_ms=start + draw(st.integers(1, 9_000))),
    ]
    if len(chosen.text.split()) > 1:
        cut = len(chosen.text.split()[0])
        at_ms = draw(st.one_of(st.none(), st.integers(chosen.start_ms, chosen.end_ms)))
        made.append(Split(id=chosen.id, char=cut, new_id="new", at_ms=at_ms))
    if at + 1 < len(document) and chosen.start_ms <= document[at + 1].start_ms:
        made.append(Merge(first_id=chosen.id, second_id=document[at + 1].id))
    return draw(st.sampled_from(made))


@given(st.data(), documents())
@settings(max_examples=60, deadline=None)
def test_every_edit_can_be_taken_back_exactly_and_done_again(
    data: st.DataObject, document: tuple[Segment, ...]
) -> None:
    history: list[tuple[Edit, Restore]] = []
    states = [document]
    for _ in range(data.draw(st.integers(1, 4))):
        edit = data.draw(_edits(states[-1]))
        if isinstance(edit, Split):
            edit = replace(edit, new_id=f"new{len(history)}")
        history.append((edit, inverse(states[-1], edit)))
        states.append(apply(states[-1], edit))
        assert all(faults(segment) == () for segment in states[-1])
    current = states.pop()
    while history:
        edit, undo = history.pop()
        redo = inverse(current, undo)
        before = apply(current, undo)
        assert before == states[-1]
        assert apply(before, redo) == current == apply(before, edit)
        current = states.pop()


@pytest.mark.parametrize(
    ("code", "edit"),
    [
        ("char_outside", Split(id="s1", char=99, new_id="n")),
        ("nothing_to_split", Split(id="s1", char=0, new_id="n")),
        ("nothing_to_split", Split(id="s2", char=1, new_id="n")),
        ("time_outside", Split(id="s1", char=3, new_id="n", at_ms=9_000)),
        ("id_taken", Split(id="s1", char=3, new_id="s2")),
        ("id_taken", Split(id="s1", char=3, new_id="s1")),
        ("no_such_segment", ReplaceText(id="s7", text="")),
        ("no_such_segment", Merge(first_id="s1", second_id="s7")),
        ("no_such_segment", Restore(ids=(), segments=())),
        ("not_neighbours", Merge(first_id="s1", second_id="s3")),
        ("different_recordings", Merge(first_id="s2", second_id="s3")),
        ("wrong_order", Merge(first_id="s3", second_id="s4")),
        ("unknown_role", SetSpeaker(id="s1", speaker="Ai", role="judge")),
        ("negative_time", SetTimes(id="s1", start_ms=-1, end_ms=9)),
        ("empty_time", SetTimes(id="s1", start_ms=9, end_ms=9)),
        ("absurd_time", SetTimes(id="s1", start_ms=9, end_ms=10**10)),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(code: str, edit: Edit) -> None:
    document = (LAN, HOA, replace(HOA, id="s3", recording=2),
                replace(HOA, id="s4", start_ms=0, end_ms=9, recording=2))  # fmt: skip
    with pytest.raises(EditRefused) as refused:
        apply(document, edit)
    assert refused.value.code == code
    assert REFUSALS[code] in str(refused.value)
