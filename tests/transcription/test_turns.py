"""Editing segments: whole sentences, a turn of its own where somebody paused, never over 25 s."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from transcription.document import faults
from transcription.engines.base import HeardSegment, HeardWord
from transcription.engines.scripted import segment
from transcription.turns import ENOUGH_MS, LONGEST_MS, TURN_PAUSE_MS, to_segments


def lines(*heard: HeardSegment, offset_ms: int = 0) -> list[str]:
    return [s.text for s in to_segments(heard, offset_ms=offset_ms)]


def test_a_pause_after_a_sentence_may_be_a_change_of_speaker() -> None:
    question = segment(0, 2_000, "Bác sinh ra ở đâu ạ?")
    answer = "Tôi sinh ra ở hẻm này."
    assert len(lines(question, segment(2_000 + TURN_PAUSE_MS, 5_000, answer))) == 2
    assert len(lines(question, segment(1_999 + TURN_PAUSE_MS, 5_000, answer))) == 1


def test_whispers_own_segments_do_not_matter_within_a_sentence() -> None:
    assert lines(segment(0, 2_000, "Tôi sinh ra"), segment(2_100, 4_000, "ở hẻm này.")) == [
        "Tôi sinh ra ở hẻm này."
    ]


def test_two_sentences_in_one_heard_segment_are_parted_at_the_pause() -> None:
    first, second = segment(0, 2_000, "Dạ có."), segment(2_600, 4_000, "Sao cháu hỏi?")
    joined = HeardSegment(
        start_ms=0, end_ms=4_000, text="Dạ có. Sao cháu hỏi?", words=first.words + second.words
    )
    assert lines(joined) == ["Dạ có.", "Sao cháu hỏi?"]


def test_a_long_segment_ends_at_its_next_sentence() -> None:
    first = segment(0, ENOUGH_MS, "Hồi đó khổ lắm chứ không như bây giờ đâu cháu ơi.")
    assert len(lines(first, segment(ENOUGH_MS, 9_000, "Mà vui."))) == 2


def test_text_without_sentence_marks_is_cut_at_breaths_and_before_25_seconds() -> None:
    first = segment(0, 6_000, "hồi đó khổ lắm chứ")
    assert len(lines(first, segment(7_300, 9_000, "mà vui lắm"))) == 2
    monologue = segment(0, 60_000, " ".join(["ừ"] * 120))
    made = to_segments([monologue])
    assert all(s.end_ms - s.start_ms <= LONGEST_MS for s in made)
    assert sum(len(s.words) for s in made) == 120


def test_times_are_moved_and_words_are_marked_as_heard() -> None:
    (made,) = to_segments([segment(100, 900, "Dạ có.")], offset_ms=60_000)
    assert (made.start_ms, made.end_ms) == (60_100, 60_900)
    assert {w.source for w in made.words} == {"asr"}


def test_flags_go_with_the_words_and_wordless_stretches_stay() -> None:
    doubtful = segment(0, 1_000, "Dạ có.")
    doubtful = HeardSegment(
        start_ms=0, end_ms=1_000, text=doubtful.text, words=doubtful.words, flags=("loop",)
    )
    hole = HeardSegment(start_ms=5_000, end_ms=9_000, text="", flags=("needs_human",))
    made = to_segments([doubtful, hole, segment(9_000, 9_900, "Vui.")])
    assert [(s.id, s.text, s.flags) for s in made] == [
        ("1", "Dạ có.", ("loop",)),
        ("2", "", ("needs_human",)),
        ("3", "Vui.", ()),
    ]


@st.composite
def heard(draw: st.DrawFn) -> list[HeardSegment]:
    made, at = [], 0
    for _ in range(draw(st.integers(0, 6))):
        words = []
        for _ in range(draw(st.integers(0, 25))):
            at += draw(st.sampled_from([0, 0, 80, 500, 1_500, 30_000]))
            length = draw(st.integers(0, 1_500))
            text = draw(st.sampled_from(["tôi", "nhớ", "chứ.", "“đâu?”", "ừ,", "1978"]))
            words.append(HeardWord(start_ms=at, end_ms=at + length, text=text, confidence=0.5))
            at += length
        if words:
            made.append(
                HeardSegment(
                    start_ms=words[0].start_ms, end_ms=at, words=tuple(words),
                    text=" ".join(w.text for w in words),
                )
            )  # fmt: skip
    return made


@settings(max_examples=150)
@given(heard(), st.integers(0, 10_000_000))
def test_no_word_is_lost_and_every_segment_is_sound(
    segments: list[HeardSegment], offset_ms: int
) -> None:
    made = to_segments(segments, offset_ms=offset_ms)
    before = [(w.text, w.start_ms + offset_ms) for s in segments for w in s.words]
    assert [(w.text, w.start_ms) for s in made for w in s.words] == before
    assert all(faults(s) == () for s in made)
    assert all(s.end_ms - s.start_ms <= LONGEST_MS or len(s.words) == 1 for s in made)
    assert [s.id for s in made] == [str(n) for n in range(1, len(made) + 1)]
