"""Segments for editing: whole sentences, split at pauses, never over 25 s."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from transcription.document import validate
from transcription.engines.base import RecognisedSegment, RecognisedWord
from transcription.engines.scripted import evenly_timed_segment
from transcription.turns import LONG_ENOUGH_MS, LONGEST_SEGMENT_MS, SENTENCE_PAUSE_MS, to_segments


def segment_texts(*recognised_segments: RecognisedSegment, offset_ms: int = 0) -> list[str]:
    return [s.text for s in to_segments(recognised_segments, offset_ms=offset_ms)]


def test_to_segments_splits_at_a_pause_after_a_sentence() -> None:
    question = evenly_timed_segment(0, 2_000, "Bác sinh ra ở đâu ạ?")
    answer = "Tôi sinh ra ở hẻm này."
    assert (
        len(segment_texts(question, evenly_timed_segment(2_000 + SENTENCE_PAUSE_MS, 5_000, answer)))
        == 2
    )
    assert (
        len(segment_texts(question, evenly_timed_segment(1_999 + SENTENCE_PAUSE_MS, 5_000, answer)))
        == 1
    )


def test_to_segments_joins_segments_within_a_sentence() -> None:
    assert segment_texts(
        evenly_timed_segment(0, 2_000, "Tôi sinh ra"),
        evenly_timed_segment(2_100, 4_000, "ở hẻm này."),
    ) == ["Tôi sinh ra ở hẻm này."]


def test_to_segments_splits_two_sentences_of_one_segment() -> None:
    first, second = (
        evenly_timed_segment(0, 2_000, "Dạ có."),
        evenly_timed_segment(2_600, 4_000, "Sao cháu hỏi?"),
    )
    joined = RecognisedSegment(
        start_ms=0, end_ms=4_000, text="Dạ có. Sao cháu hỏi?", words=first.words + second.words
    )
    assert segment_texts(joined) == ["Dạ có.", "Sao cháu hỏi?"]


def test_to_segments_ends_a_long_segment_at_a_sentence() -> None:
    first = evenly_timed_segment(
        0, LONG_ENOUGH_MS, "Hồi đó khổ lắm chứ không như bây giờ đâu cháu ơi."
    )
    assert len(segment_texts(first, evenly_timed_segment(LONG_ENOUGH_MS, 9_000, "Mà vui."))) == 2


def test_to_segments_without_punctuation_splits_at_pauses() -> None:
    first = evenly_timed_segment(0, 6_000, "hồi đó khổ lắm chứ")
    assert len(segment_texts(first, evenly_timed_segment(7_300, 9_000, "mà vui lắm"))) == 2
    monologue = evenly_timed_segment(0, 60_000, " ".join(["ừ"] * 120))
    made = to_segments([monologue])
    assert all(s.end_ms - s.start_ms <= LONGEST_SEGMENT_MS for s in made)
    assert sum(len(s.words) for s in made) == 120


def test_to_segments_adds_the_offset_and_source_asr() -> None:
    (made,) = to_segments([evenly_timed_segment(100, 900, "Dạ có.")], offset_ms=60_000)
    assert (made.start_ms, made.end_ms) == (60_100, 60_900)
    assert {w.source for w in made.words} == {"asr"}


def test_to_segments_keeps_flags_and_segments_without_words() -> None:
    doubtful = evenly_timed_segment(0, 1_000, "Dạ có.")
    doubtful = RecognisedSegment(
        start_ms=0, end_ms=1_000, text=doubtful.text, words=doubtful.words, flags=("loop",)
    )
    hole = RecognisedSegment(start_ms=5_000, end_ms=9_000, text="", flags=("needs_human",))
    made = to_segments([doubtful, hole, evenly_timed_segment(9_000, 9_900, "Vui.")])
    assert [(s.id, s.text, s.flags) for s in made] == [
        ("1", "Dạ có.", ("loop",)),
        ("2", "", ("needs_human",)),
        ("3", "Vui.", ()),
    ]


@st.composite
def recognised_segments(draw: st.DrawFn) -> list[RecognisedSegment]:
    made, at = [], 0
    for _ in range(draw(st.integers(0, 6))):
        words = []
        for _ in range(draw(st.integers(0, 25))):
            at += draw(st.sampled_from([0, 0, 80, 500, 1_500, 30_000]))
            length = draw(st.integers(0, 1_500))
            text = draw(st.sampled_from(["tôi", "nhớ", "chứ.", "“đâu?”", "ừ,", "1978"]))
            words.append(RecognisedWord(start_ms=at, end_ms=at + length, text=text, confidence=0.5))
            at += length
        if words:
            made.append(
                RecognisedSegment(
                    start_ms=words[0].start_ms,
                    end_ms=at,
                    words=tuple(words),
                    text=" ".join(w.text for w in words),
                )
            )
    return made


@settings(max_examples=150)
@given(recognised_segments(), st.integers(0, 10_000_000))
def test_to_segments_keeps_all_words_in_valid_segments(
    segments: list[RecognisedSegment], offset_ms: int
) -> None:
    made = to_segments(segments, offset_ms=offset_ms)
    before = [(w.text, w.start_ms + offset_ms) for s in segments for w in s.words]
    assert [(w.text, w.start_ms) for s in made for w in s.words] == before
    assert all(validate(s) == () for s in made)
    assert all(s.end_ms - s.start_ms <= LONGEST_SEGMENT_MS or len(s.words) == 1 for s in made)
    assert [s.id for s in made] == [str(n) for n in range(1, len(made) + 1)]
