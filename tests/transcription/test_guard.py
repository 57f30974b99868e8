"""Each rule of the guard, with text that it flags and text that it does not."""

from __future__ import annotations

from itertools import pairwise

import pytest

from transcription import guard
from transcription.engines.base import RecognisedSegment
from transcription.engines.demo import sentences


def segment_of(text: str, *, start_ms: int = 0, length_ms: int = 10_000) -> RecognisedSegment:
    return RecognisedSegment(start_ms=start_ms, end_ms=start_ms + length_ms, text=text)


def flags_of(text: str, *, length_ms: int = 10_000, prompt: str = "") -> tuple[str, ...]:
    return guard.flag_segments([segment_of(text, length_ms=length_ms)], prompt=prompt)[0]


@pytest.mark.parametrize(
    "text",
    [
        "Hãy subscribe cho kênh La La School Để không bỏ lỡ những video hấp dẫn",
        "Hãy đăng ký kênh để ủng hộ kênh của mình nhé!",
        "GHIỀN MÌ GÕ",
        "Cảm ơn các bạn đã theo dõi và hẹn gặp lại.",
        "Cam on cac ban da theo doi",
    ],
)
def test_flag_segments_flags_phantom_phrase_in_any_spelling(text: str) -> None:
    assert guard.PHANTOM_PHRASE in flags_of(text)


@pytest.mark.parametrize(
    "text",
    ["Cảm ơn bác đã dành thời gian.", "Hẹn gặp lại bác.", "Đăng ký hộ khẩu ở phường."],
)
def test_flag_segments_ignores_ordinary_thanks(text: str) -> None:
    assert flags_of(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "và và và và và và",
        "tôi đi tôi đi tôi đi tôi đi",
        "Hồi đó khổ lắm, hồi đó khổ lắm, hồi đó khổ lắm.",
        "Rồi " + "nó cứ chạy hoài không có ai dừng " * 4,
    ],
)
def test_flag_segments_flags_a_loop(text: str) -> None:
    assert flags_of(text, length_ms=30_000) == (guard.LOOP,)


@pytest.mark.parametrize(
    "text",
    [
        "Dạ dạ dạ, tôi nhớ, tôi nhớ chứ.",
        "Rồi, rồi, rồi. Đi hoài đi hoài, xa xa là xa.",
        "Mưa mưa, nắng nắng, ngày ngày tháng tháng trôi qua.",
    ],
)
def test_flag_segments_ignores_reduplication(text: str) -> None:
    assert flags_of(text) == ()


def test_flag_segments_flags_repeated_sentence_but_not_short_answers() -> None:
    again = [segment_of("Tôi không nhớ nữa.", start_ms=n * 10_000) for n in range(2)]
    assert guard.flag_segments(again) == [(), (guard.LOOP,)]
    short = [segment_of("Dạ.", start_ms=n * 10_000) for n in range(3)]
    assert guard.flag_segments(short) == [(), (), (guard.LOOP,)]


def test_flag_segments_flags_nine_syllables_a_second() -> None:
    text = "một hai ba bốn năm sáu bảy tám chín"
    assert flags_of(text, length_ms=1_000) == (guard.IMPOSSIBLE_SPEED,)
    assert flags_of(text, length_ms=1_200) == ()
    assert flags_of("ba năm sau", length_ms=100) == ()


def test_flag_segments_flags_silence_only_with_sound_spans() -> None:
    segment = segment_of("Tôi nhớ rõ lắm chứ.", start_ms=1_000, length_ms=2_000)
    assert guard.flag_segments([segment]) == [()]
    assert guard.flag_segments([segment], sound=[]) == [(guard.TEXT_OVER_SILENCE,)]
    assert guard.flag_segments([segment], sound=[(0, 1_400)]) == [(guard.TEXT_OVER_SILENCE,)]
    assert guard.flag_segments([segment], sound=[(0, 1_600)]) == [()]


def test_flag_segments_flags_prompt_echo_but_not_a_name() -> None:
    prompt = "Tên riêng: Củ Chi, Điện Biên Phủ, Trần Thị Thủy."
    assert flags_of("Điện Biên Phủ, Trần Thị Thuỷ", prompt=prompt) == (guard.PROMPT_ECHO,)
    assert flags_of("Tên riêng: Củ Chi, Điện", prompt=prompt) == (guard.PROMPT_ECHO,)
    assert flags_of("Tôi tên là Trần Thị Thủy.", prompt=prompt) == ()
    assert flags_of("Trần Thị Thủy.", prompt=prompt) == ()
    assert flags_of("Điện Biên Phủ, Trần Thị Thủy", prompt="") == ()


def test_flag_segments_keeps_existing_flags() -> None:
    segment = RecognisedSegment(start_ms=0, end_ms=1, text="", flags=(guard.NEEDS_HUMAN,))
    assert guard.flag_segments([segment]) == [(guard.NEEDS_HUMAN,)]


def test_guard_codes_and_phantom_phrases_are_complete() -> None:
    constants = {v for v in vars(guard).values() if isinstance(v, str) and v in guard.CODES}
    assert constants == set(guard.CODES)
    for phrase in guard._phantoms():
        assert guard.PHANTOM_PHRASE in flags_of("ờ " + " ".join(phrase) + " nhé")


def test_flag_segments_of_ordinary_interview_is_empty() -> None:
    texts = sentences()
    spoken = [segment_of(t, start_ms=n * 3_000, length_ms=2_500) for n, t in enumerate(texts)]
    assert all(a.text != b.text for a, b in pairwise(spoken))
    assert set(guard.flag_segments(spoken)) == {()}
