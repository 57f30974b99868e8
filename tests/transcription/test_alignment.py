from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies import SYLLABLES, segments, texts
from transcription.alignment import MOST_CELLS, change_cost, pair_tokens, retime
from transcription.document import TranscriptSegment, Word, clamp_words
from transcription.tokens import fold, normalise


def spoken_words(text: str, *, step: int = 300, length: int = 250) -> list[Word]:
    return [
        Word(
            start_ms=at * step, end_ms=at * step + length, text=token, confidence=0.5, source="asr"
        )
        for at, token in enumerate(text.split())
    ]


def as_tuples(words: tuple[Word, ...]) -> list[tuple[str, int, int, str]]:
    return [(w.text, w.start_ms, w.end_ms, w.source) for w in words]


def test_retime_with_added_marks_keeps_time_and_sets_source_edit() -> None:
    words = retime(spoken_words("cho Ba Chieu"), "chợ Bà Chiểu", start_ms=0, end_ms=1_000)
    assert as_tuples(words) == [
        ("chợ", 0, 250, "edit"),
        ("Bà", 300, 550, "edit"),
        ("Chiểu", 600, 850, "edit"),
    ]
    assert {w.confidence for w in words} == {1.0}


def test_retime_with_new_punctuation_keeps_confidence() -> None:
    words = retime(spoken_words("hồi đó tôi"), "Hồi đó, tôi…", start_ms=0, end_ms=1_000)
    assert [(w.confidence, w.source) for w in words] == [(0.5, "asr")] * 3


def test_retime_puts_new_word_into_the_silence() -> None:
    words = retime(spoken_words("tôi nhớ", step=1_000), "tôi còn nhớ", start_ms=0, end_ms=1_500)
    assert as_tuples(words)[1] == ("còn", 250, 1_000, "interp")


def test_retime_without_silence_takes_time_of_neighbours() -> None:
    words = retime(
        spoken_words("tôi nhớ", step=200, length=200), "tôi còn nhớ", start_ms=0, end_ms=400
    )
    assert as_tuples(words) == [
        ("tôi", 0, 100, "asr"),
        ("còn", 100, 300, "interp"),
        ("nhớ", 300, 400, "asr"),
    ]


def test_retime_of_one_word_replaced_by_two_uses_the_silence() -> None:
    old = [
        Word(start_ms=0, end_ms=200, text="ở", confidence=0.9, source="asr"),
        Word(start_ms=900, end_ms=1_100, text="xyz", confidence=0.2, source="asr"),
        Word(start_ms=1_110, end_ms=1_300, text="Gòn", confidence=0.9, source="asr"),
    ]
    words = retime(old, "ở đất Sài Gòn", start_ms=0, end_ms=1_400)
    assert as_tuples(words)[1:3] == [("đất", 200, 900, "interp"), ("Sài", 900, 1_100, "edit")]


def test_retime_without_old_words_distributes_evenly() -> None:
    assert as_tuples(retime((), "một hai", start_ms=100, end_ms=300)) == [
        ("một", 100, 200, "interp"),
        ("hai", 200, 300, "interp"),
    ]


@given(segments())
def test_retime_of_same_text_changes_nothing(segment: TranscriptSegment) -> None:
    again = retime(segment.words, segment.text, start_ms=segment.start_ms, end_ms=segment.end_ms)
    if segment.words:
        assert again == segment.words


@given(segments(), texts, st.integers(-500, 3_000), st.integers(-500, 3_000))
def test_retime_of_any_text_returns_ordered_words(
    segment: TranscriptSegment, text: str, earlier: int, later: int
) -> None:
    start, end = max(0, segment.start_ms - earlier), segment.end_ms + later
    words = retime(segment.words, text, start_ms=start, end_ms=end)
    assert " ".join(word.text for word in words) == normalise(text)
    assert clamp_words(words, start_ms=start, end_ms=end) == words
    assert all(w.confidence == 1.0 for w in words if w.source == "interp" and not segment.words)


@given(
    st.lists(st.sampled_from(SYLLABLES), max_size=9),
    st.lists(st.sampled_from(SYLLABLES), max_size=9),
)
def test_pair_tokens_is_ascending_and_unique(old: list[str], new: list[str]) -> None:
    partners = [p for p in pair_tokens(old, new, cost=change_cost) if p is not None]
    assert partners == sorted(set(partners))
    assert all(0 <= p < len(old) for p in partners)


def with_recognition_errors(truth: list[Word], chance: random.Random) -> list[Word]:
    """Add recognition errors: 4 % lost words, 8 % lost marks, 5 % wrong, 3 % fillers."""
    machine = []
    for word in truth:
        luck = chance.random()
        text = fold(word.text) if luck < 0.12 else "xyz" if luck < 0.17 else word.text
        if luck >= 0.04:
            machine.append(replace(word, text=text, confidence=0.5))
        if luck > 0.97:
            machine.append(replace(word, text="ừ", start_ms=word.end_ms, confidence=0.4))
    return machine


def test_retime_of_corrected_interview_keeps_times() -> None:
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
            with_recognition_errors(truth, chance),
            " ".join(w.text for w in truth),
            start_ms=0,
            end_ms=at,
        )
        errors += [abs(a.start_ms - b.start_ms) for a, b in zip(mended, truth, strict=True)]
    errors.sort()
    assert sum(errors) / len(errors) < 9
    assert errors[int(len(errors) * 0.95)] == 0
    assert errors[int(len(errors) * 0.99)] < 300


def test_retime_of_very_long_change_pairs_nothing() -> None:
    many = int(MOST_CELLS**0.5) + 2
    words = retime(spoken_words("a " * many), "b " * many, start_ms=0, end_ms=many * 300)
    assert {w.source for w in words} == {"interp"}
    assert words[-1].end_ms == many * 300
