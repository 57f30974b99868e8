from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.transcription.strategies import segments
from transcription.document import Segment, Word, faults, in_order, shares, words_from_text

times = st.integers(-1_000, 60_000)


def test_words_of_an_imported_text_share_its_time_evenly() -> None:
    words = words_from_text(" Hồi  đó\ntôi ", start_ms=1_000, end_ms=2_000)
    assert [(w.start_ms, w.end_ms, w.text) for w in words] == [
        (1_000, 1_333, "Hồi"), (1_333, 1_666, "đó"), (1_666, 2_000, "tôi"),
    ]  # fmt: skip
    assert {(w.confidence, w.source) for w in words} == {(None, "import")}


def test_a_text_of_white_space_has_no_words() -> None:
    assert words_from_text(" \n\u3000", start_ms=0, end_ms=9) == ()


def test_more_words_than_milliseconds_are_still_in_order() -> None:
    words = words_from_text("một hai ba bốn", start_ms=5, end_ms=7)
    assert in_order(words, start_ms=5, end_ms=7) == words


@given(st.integers(1, 200), st.integers(0, 10_000), st.integers(0, 10_000))
def test_shares_leave_no_gap(count: int, start: int, length: int) -> None:
    pieces = shares(count, start_ms=start, end_ms=start + length)
    assert [pieces[0][0], *(end for _, end in pieces)] == [
        *(begin for begin, _ in pieces), start + length,
    ]  # fmt: skip


@given(segments())
def test_invented_segments_are_sound(segment: Segment) -> None:
    assert faults(segment) == ()


@given(st.lists(st.tuples(times, times)), times, times)
def test_any_words_are_pressed_into_order(
    spans: list[tuple[int, int]], start: int, end: int
) -> None:
    words = [Word(start_ms=a, end_ms=b, text="a", confidence=None, source="asr") for a, b in spans]
    pressed = in_order(words, start_ms=start, end_ms=end)
    edges = [start, *(edge for w in pressed for edge in (w.start_ms, w.end_ms)), max(start, end)]
    assert edges == sorted(edges)
    assert in_order(pressed, start_ms=start, end_ms=end) == pressed


def test_each_broken_promise_has_its_code() -> None:
    word = Word(start_ms=0, end_ms=10, text="ừ", confidence=1.0, source="asr")
    sound = Segment(id="1", start_ms=0, end_ms=10, text="ừ", words=(word,))
    assert faults(sound) == ()
    assert faults(replace(sound, text="ừ ")) == ("text_untidy", "words_differ")
    assert faults(replace(sound, text="ờ")) == ("words_differ",)
    assert faults(replace(sound, start_ms=-1)) == ("times_reversed",)
    assert faults(replace(sound, end_ms=5)) == ("words_unordered",)
    assert faults(replace(sound, role="judge")) == ("role_unknown",)
    assert faults(replace(sound, words=(replace(word, source="?"),))) == ("source_unknown",)
    assert faults(replace(sound, text="\u0075\u031b\u0300", words=())) == ("text_untidy",)
