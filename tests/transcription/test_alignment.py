from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.transcription.strategies import SYLLABLES, segments, texts
from transcription.alignment import MOST_CELLS, change_cost, pair, retime
from transcription.document import Segment, Word, in_order
from transcription.tokens import bare, tidy


def heard(text: str, *, step: int = 300, length: int = 250) -> list[Word]:
    return [
        Word(
            start_ms=at * step, end_ms=at * step + length, text=token, confidence=0.5, source="asr"
        )
        for at, token in enumerate(text.split())
    ]


def shown(words: tuple[Word, ...]) -> list[tuple[str, int, int, str]]:
    return [(w.text, w.start_ms, w.end_ms, w.source) for w in words]


def test_marks_put_on_a_syllable_keep_its_time_and_make_it_a_persons() -> None:
    words = retime(heard("cho Ba Chieu"), "chợ Bà Chiểu", start_ms=0, end_ms=1_000)
    assert shown(words) == [
        ("chợ", 0, 250, "edit"), ("Bà", 300, 550, "edit"), ("Chiểu", 600, 850, "edit"),
    ]  # fmt: skip
    assert {w.confidence for w in words} == {1.0}


def test_capitals_and_punctuation_leave_the_machines_confidence() -> None:
    words = retime(heard("hồi đó tôi"), "Hồi đó, tôi…", start_ms=0, end_ms=1_000)
    assert [(w.confidence, w.source) for w in words] == [(0.5, "asr")] * 3


def test_a_new_word_stands_in_the_silence_between_its_neighbours() -> None:
    words = retime(heard("tôi nhớ", step=1_000), "tôi còn nhớ", start_ms=0, end_ms=1_500)
    assert shown(words)[1] == ("còn", 250, 1_000, "interp")


def test_where_there_is_no_silence_neighbours_lend_half_of_theirs() -> None:
    words = retime(heard("tôi nhớ", step=200, length=200), "tôi còn nhớ", start_ms=0, end_ms=400)
    assert shown(words) == [
        ("tôi", 0, 100, "asr"), ("còn", 100, 300, "interp"), ("nhớ", 300, 400, "asr"),
    ]  # fmt: skip


def test_the_silence_tells_which_of_two_words_was_misheard() -> None:
    old = [
        Word(start_ms=0, end_ms=200, text="ở", confidence=0.9, source="asr"),
        Word(start_ms=900, end_ms=1_100, text="xyz", confidence=0.2, source="asr"),
        Word(start_ms=1_110, end_ms=1_300, text="Gòn", confidence=0.9, source="asr"),
    ]
    words = retime(old, "ở đất Sài Gòn", start_ms=0, end_ms=1_400)
    assert shown(words)[1:3] == [("đất", 200, 900, "interp"), ("Sài", 900, 1_100, "edit")]


def test_text_without_old_words_is_shared_over_the_segment() -> None:
    assert shown(retime((), "một hai", start_ms=100, end_ms=300)) == [
        ("một", 100, 200, "interp"), ("hai", 200, 300, "interp"),
    ]  # fmt: skip


@given(segments())
def test_the_same_text_changes_nothing(segment: Segment) -> None:
    again = retime(segment.words, segment.text, start_ms=segment.start_ms, end_ms=segment.end_ms)
    if segment.words:
        assert again == segment.words


@given(segments(), texts, st.integers(-500, 3_000), st.integers(-500, 3_000))
def test_any_text_gets_ordered_words_inside_the_segment(
    segment: Segment, text: str, earlier: int, later: int
) -> None:
    start, end = max(0, segment.start_ms - earlier), segment.end_ms + later
    words = retime(segment.words, text, start_ms=start, end_ms=end)
    assert " ".join(word.text for word in words) == tidy(text)
    assert in_order(words, start_ms=start, end_ms=end) == words
    assert all(w.confidence == 1.0 for w in words if w.source == "interp" and not segment.words)


@given(
    st.lists(st.sampled_from(SYLLABLES), max_size=9),
    st.lists(st.sampled_from(SYLLABLES), max_size=9),
)
def test_pairs_go_forward_and_no_word_is_paired_twice(old: list[str], new: list[str]) -> None:
    partners = [p for p in pair(old, new, cost=change_cost) if p is not None]
    assert partners == sorted(set(partners))
    assert all(0 <= p < len(old) for p in partners)


def misheard(truth: list[Word], chance: random.Random) -> list[Word]:
    """What a machine makes of it: 4 % lost words, 8 % lost marks, 5 % wrong, 3 % fillers."""
    machine = []
    for word in truth:
        luck = chance.random()
        text = bare(word.text) if luck < 0.12 else "xyz" if luck < 0.17 else word.text
        if luck >= 0.04:
            machine.append(replace(word, text=text, confidence=0.5))
        if luck > 0.97:
            machine.append(replace(word, text="ừ", start_ms=word.end_ms, confidence=0.4))
    return machine


def test_correcting_a_whole_interview_keeps_its_times() -> None:
    chance = random.Random(9)
    errors = []
    for _ in range(200):
        at = 200
        truth = []
        for _ in range(26):
            end = at + chance.randint(120, 380)
            text = chance.choice("bcdlmnt") + chance.choice("aáeéoóuúă") + chance.choice("mnpt")
            truth.append(Word(start_ms=at, end_ms=end, text=text, confidence=1.0, source="asr"))
            at = end + (chance.randint(0, 60) if chance.random() < 0.8 else 500)
        mended = retime(
            misheard(truth, chance), " ".join(w.text for w in truth), start_ms=0, end_ms=at
        )
        errors += [abs(a.start_ms - b.start_ms) for a, b in zip(mended, truth, strict=True)]
    errors.sort()
    assert sum(errors) / len(errors) < 9
    assert errors[int(len(errors) * 0.95)] == 0
    assert errors[int(len(errors) * 0.99)] < 300


def test_an_absurdly_long_change_is_shared_out_and_not_paired() -> None:
    many = int(MOST_CELLS**0.5) + 2
    words = retime(heard("a " * many), "b " * many, start_ms=0, end_ms=many * 300)
    assert {w.source for w in words} == {"interp"}
    assert words[-1].end_ms == many * 300
