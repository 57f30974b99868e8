from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies import segments
from transcription.document import (
    TranscriptSegment,
    Word,
    clamp_words,
    equal_parts,
    validate,
    words_from_text,
)

times = st.integers(-1_000, 60_000)


def test_words_from_text_have_equal_times() -> None:
    words = words_from_text(" Hồi  đó\ntôi ", start_ms=1_000, end_ms=2_000)
    assert [(w.start_ms, w.end_ms, w.text) for w in words] == [
        (1_000, 1_333, "Hồi"),
        (1_333, 1_666, "đó"),
        (1_666, 2_000, "tôi"),
    ]
    assert {(w.confidence, w.source) for w in words} == {(None, "import")}


def test_words_from_white_space_are_empty() -> None:
    assert words_from_text(" \n\u3000", start_ms=0, end_ms=9) == ()


def test_words_from_text_with_little_time_are_in_order() -> None:
    words = words_from_text("một hai ba bốn", start_ms=5, end_ms=7)
    assert clamp_words(words, start_ms=5, end_ms=7) == words


@given(st.integers(1, 200), st.integers(0, 10_000), st.integers(0, 10_000))
def test_equal_parts_have_no_gap(count: int, start: int, length: int) -> None:
    pieces = equal_parts(count, start_ms=start, end_ms=start + length)
    assert [pieces[0][0], *(end for _, end in pieces)] == [
        *(begin for begin, _ in pieces),
        start + length,
    ]


@given(segments())
def test_generated_segments_are_valid(segment: TranscriptSegment) -> None:
    assert validate(segment) == ()


@given(st.lists(st.tuples(times, times)), times, times)
def test_clamp_words_orders_any_words(spans: list[tuple[int, int]], start: int, end: int) -> None:
    words = [Word(start_ms=a, end_ms=b, text="a", confidence=None, source="asr") for a, b in spans]
    pressed = clamp_words(words, start_ms=start, end_ms=end)
    edges = [start, *(edge for w in pressed for edge in (w.start_ms, w.end_ms)), max(start, end)]
    assert edges == sorted(edges)
    assert clamp_words(pressed, start_ms=start, end_ms=end) == pressed


def test_validate_returns_a_code_per_broken_invariant() -> None:
    word = Word(start_ms=0, end_ms=10, text="ừ", confidence=1.0, source="asr")
    sound = TranscriptSegment(id="1", start_ms=0, end_ms=10, text="ừ", words=(word,))
    assert validate(sound) == ()
    assert validate(replace(sound, text="ừ ")) == ("text_untidy", "words_differ")
    assert validate(replace(sound, text="ờ")) == ("words_differ",)
    assert validate(replace(sound, start_ms=-1)) == ("times_reversed",)
    assert validate(replace(sound, end_ms=5)) == ("words_unordered",)
    assert validate(replace(sound, role="judge")) == ("role_unknown",)
    assert validate(replace(sound, words=(replace(word, source="?"),))) == ("source_unknown",)
    assert validate(replace(sound, text="\u0075\u031b\u0300", words=())) == ("text_untidy",)
