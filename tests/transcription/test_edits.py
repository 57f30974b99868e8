from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.support.strategies import documents, segments
from transcription import edits
from transcription.document import TranscriptSegment, Word, validate
from transcription.edits import REFUSALS, EditRefused

LAN = TranscriptSegment(
    id="s1",
    start_ms=1_000,
    end_ms=3_000,
    text="Hồi đó tôi",
    speaker="Bà Lan",
    role="witness",
    flags=("unclear",),
    words=(
        Word(start_ms=1_100, end_ms=1_400, text="Hồi", confidence=0.9, source="asr"),
        Word(start_ms=1_500, end_ms=1_900, text="đó", confidence=0.8, source="asr"),
        Word(start_ms=2_300, end_ms=2_700, text="tôi", confidence=1.0, source="edit"),
    ),
)
HOA = replace(
    LAN, id="s2", start_ms=3_000, end_ms=4_000, text="ừ", words=(), speaker="PV", flags=()
)


@pytest.mark.parametrize(
    ("char", "first"),
    [(3, "Hồi"), (4, "Hồi"), (5, "Hồi"), (6, "Hồi đó"), (7, "Hồi đó"), (8, "Hồi đó")],
)
def test_split_inside_a_word_cuts_beside_it(char: int, first: str) -> None:
    left, right = edits.split(LAN, char=char, new_id="s9")
    assert (left.text, f"{left.text} {right.text}") == (first, LAN.text)
    assert (left.id, right.id) == ("s1", "s9")


def test_split_without_time_cuts_in_the_middle_of_the_silence() -> None:
    left, right = edits.split(LAN, char=7, new_id="s9")
    assert (left.start_ms, left.end_ms, right.start_ms, right.end_ms) == (
        1_000,
        2_100,
        2_100,
        3_000,
    )


def test_split_with_time_uses_it() -> None:
    left, right = edits.split(LAN, char=7, new_id="s9", at_ms=1_700)
    assert (left.end_ms, right.start_ms) == (1_700, 1_700)
    assert left.words[1].end_ms == 1_700


def test_merge_keeps_first_speaker_and_interpolates_words() -> None:
    joined = edits.merge(LAN, HOA)
    assert (joined.id, joined.speaker, joined.text) == ("s1", "Bà Lan", "Hồi đó tôi ừ")
    assert (joined.words[-1].start_ms, joined.words[-1].source) == (3_000, "import")


def test_set_times_of_same_length_moves_the_words() -> None:
    moved = edits.set_times(LAN, start_ms=1_250, end_ms=3_250)
    assert [w.start_ms for w in moved.words] == [1_350, 1_750, 2_550]


def test_set_times_in_silence_keeps_word_times() -> None:
    assert edits.set_times(LAN, start_ms=1_050, end_ms=2_900).words == LAN.words


def test_set_times_inside_a_word_shortens_it() -> None:
    moved = edits.set_times(LAN, start_ms=1_000, end_ms=2_500)
    assert (moved.words[:2], moved.words[2].end_ms) == (LAN.words[:2], 2_500)


def test_set_times_that_would_remove_a_word_scales_all() -> None:
    moved = edits.set_times(LAN, start_ms=1_000, end_ms=2_000)
    assert [(w.start_ms, w.end_ms) for w in moved.words] == [
        (1_050, 1_200),
        (1_250, 1_450),
        (1_650, 1_850),
    ]


@given(segments(), st.integers(0, 60))
@settings(max_examples=60)
def test_merge_after_split_restores_the_segment(segment: TranscriptSegment, char: int) -> None:
    try:
        left, right = edits.split(segment, char=min(char, len(segment.text)), new_id="s9")
    except EditRefused:
        reject()
    assert validate(left) == validate(right) == ()
    assert edits.merge(left, right) == segment


@given(segments(), st.integers(0, 60_000), st.integers(1, 9_000))
@settings(max_examples=60)
def test_set_times_returns_a_valid_segment(
    segment: TranscriptSegment, start_ms: int, lasts_ms: int
) -> None:
    assert validate(edits.set_times(segment, start_ms=start_ms, end_ms=start_ms + lasts_ms)) == ()


@given(documents())
@settings(max_examples=60)
def test_merge_of_any_neighbours_is_valid(document: tuple[TranscriptSegment, ...]) -> None:
    for first, second in pairwise(document):
        try:
            joined = edits.merge(first, second)
        except EditRefused:
            assert (first.recording, first.start_ms) != (second.recording, second.start_ms)
            continue
        assert validate(joined) == ()
        assert (joined.id, joined.speaker) == (first.id, first.speaker)


ELSEWHERE = replace(HOA, id="s3", recording=2)
EARLIER = replace(HOA, id="s4", start_ms=0, end_ms=9, recording=2)


@pytest.mark.parametrize(
    ("code", "edit"),
    [
        ("char_outside", lambda: edits.split(LAN, char=99, new_id="n")),
        ("nothing_to_split", lambda: edits.split(LAN, char=0, new_id="n")),
        ("nothing_to_split", lambda: edits.split(HOA, char=1, new_id="n")),
        ("time_outside", lambda: edits.split(LAN, char=3, new_id="n", at_ms=9_000)),
        ("different_recordings", lambda: edits.merge(HOA, ELSEWHERE)),
        ("wrong_order", lambda: edits.merge(ELSEWHERE, EARLIER)),
        ("negative_time", lambda: edits.set_times(LAN, start_ms=-1, end_ms=9)),
        ("empty_time", lambda: edits.set_times(LAN, start_ms=9, end_ms=9)),
        ("absurd_time", lambda: edits.set_times(LAN, start_ms=9, end_ms=10**10)),
    ],
)
def test_invalid_edit_raises_its_code(code: str, edit: Callable[[], object]) -> None:
    with pytest.raises(EditRefused) as refused:
        edit()
    assert refused.value.code == code
    assert REFUSALS[code] in str(refused.value)
