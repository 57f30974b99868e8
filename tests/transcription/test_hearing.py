"""Doubtful text is tried three ways; what stays doubtful is said to be so, and no time is lost."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from transcription import guard
from transcription.engines.base import HeardSegment, HearOptions, ModelInfo
from transcription.engines.scripted import Entry, ScriptedModel, segment
from transcription.hearing import HeardChunk, hear_chunk

INFO = ModelInfo(engine="scripted", name="t", sha256="0" * 64, longest_chunk_ms=28_000)
GOOD = (500, 3_500, "Tôi sinh ra ở Bình Thạnh.")
LOOP = (500, 9_500, "đi hoài " * 12)
PHANTOM = (500, 3_500, "Hãy subscribe cho kênh La La School")


def tone(*loud: tuple[int, int], length_ms: int = 10_000) -> NDArray[np.float32]:
    pcm = np.zeros(length_ms * 16, np.float32)
    for start, end in loud:
        pcm[start * 16 : end * 16] = 0.1 * np.sin(np.arange((end - start) * 16) * 0.3)
    return pcm


SOUND = tone((0, 10_000))


def heard(*script: Entry, pcm: NDArray[np.float32] = SOUND) -> tuple[HeardChunk, ScriptedModel]:
    model = ScriptedModel(INFO, script)
    return hear_chunk(model, pcm, language="vi", prompt="Tên riêng: Củ Chi."), model


def texts(chunk: HeardChunk) -> list[str]:
    return [s.text for s in chunk.segments]


def test_clean_text_is_taken_at_once_with_the_hint() -> None:
    chunk, model = heard([GOOD])
    assert chunk == HeardChunk(segments=(segment(*GOOD),), attempts=1)
    assert model.calls == [(10_000, "Tên riêng: Củ Chi.", HearOptions())]


@pytest.mark.parametrize("first", [[LOOP], [PHANTOM], "the model fell over"])
def test_doubtful_text_is_heard_again_plainly_and_without_the_hint(first: Entry) -> None:
    chunk, model = heard(first, [GOOD])
    assert texts(chunk) == [GOOD[2]]
    assert chunk.segments[0].flags == ()
    assert chunk.attempts == 2
    assert model.calls[1] == (10_000, "", HearOptions(temperatures=(0.0,)))


def test_halves_are_cut_where_it_is_quiet_and_put_back_on_one_clock() -> None:
    pcm = tone((0, 5_600), (6_000, 10_000))
    chunk, model = heard([LOOP], [LOOP], [GOOD], [(500, 3_500, "Sau đó mới lên phố.")], pcm=pcm)
    lengths = [call[0] for call in model.calls]
    assert lengths[:2] == [10_000, 10_000]
    assert 5_600 <= lengths[2] <= 6_000
    assert lengths[2] + lengths[3] == 10_000
    assert texts(chunk) == [GOOD[2], "Sau đó mới lên phố."]
    assert chunk.segments[1].start_ms == lengths[2] + 500
    assert chunk.segments[1].words[-1].end_ms == lengths[2] + 3_500
    assert chunk.flags == ()
    assert chunk.attempts == 4


def test_what_stays_doubtful_is_kept_and_needs_a_person() -> None:
    chunk, _ = heard([PHANTOM], [PHANTOM], [PHANTOM], [PHANTOM])
    assert texts(chunk) == [PHANTOM[2]]
    assert chunk.segments[0].flags == (guard.NEEDS_HUMAN, guard.PHANTOM_PHRASE)
    assert chunk.attempts == 4


def test_sound_segments_beside_a_doubtful_one_are_not_blamed() -> None:
    mixed = [GOOD, (4_000, 9_000, PHANTOM[2])]
    chunk, _ = heard(mixed, mixed, [PHANTOM], [PHANTOM])
    assert [s.flags for s in chunk.segments] == [(), (guard.NEEDS_HUMAN, guard.PHANTOM_PHRASE)]


def test_a_half_that_fails_is_left_open_and_the_other_kept() -> None:
    chunk, _ = heard("fell over", "fell over", [GOOD], "fell over")
    assert texts(chunk) == [GOOD[2], ""]
    assert chunk.segments[1].flags == (guard.NEEDS_HUMAN,)
    assert chunk.segments[1].end_ms == 10_000
    assert chunk.flags == ()


def test_a_chunk_that_nothing_hears_is_one_open_stretch() -> None:
    chunk, _ = heard(*["fell over"] * 4)
    assert chunk == HeardChunk(
        segments=(HeardSegment(start_ms=0, end_ms=10_000, text="", flags=(guard.NEEDS_HUMAN,)),),
        flags=(guard.NEEDS_HUMAN,),
        attempts=4,
    )


def test_a_short_chunk_is_not_halved() -> None:
    chunk, model = heard("fell over", "fell over", pcm=tone(length_ms=1_500))
    assert [call[0] for call in model.calls] == [1_500, 1_500]
    assert chunk.segments[0].end_ms == 1_500


def test_a_machine_that_is_too_small_says_so() -> None:
    class Starved(ScriptedModel):
        def hear(self, *args: object, **kwargs: object) -> list[HeardSegment]:
            raise MemoryError

    with pytest.raises(MemoryError):
        hear_chunk(Starved(INFO), SOUND, language="vi")


def test_text_over_silence_is_doubted() -> None:
    chunk, _ = heard([GOOD], [GOOD], [GOOD], [], pcm=tone((9_000, 10_000)))
    assert chunk.segments[0].flags == (guard.NEEDS_HUMAN, guard.TEXT_OVER_SILENCE)


def test_doubtful_text_is_not_thrown_away_because_a_second_hearing_hears_nothing() -> None:
    chunk, _ = heard([PHANTOM], [], [], [])
    assert texts(chunk) == [PHANTOM[2]]
    assert chunk.segments[0].flags == (guard.NEEDS_HUMAN, guard.PHANTOM_PHRASE)
    assert chunk.attempts == 4


def test_silence_after_a_failure_is_silence() -> None:
    chunk, _ = heard("fell over", [], [], [])
    assert chunk.segments == ()
    assert chunk.flags == ()


def test_words_are_pulled_out_of_the_silence_around_them() -> None:
    pcm = tone((1_000, 1_900), (3_000, 5_000))
    chunk, _ = heard([(0, 2_400, "Dạ có.")], pcm=pcm)
    words = chunk.segments[0].words
    assert [(w.start_ms, w.end_ms) for w in words] == [(1_000, 1_200), (1_200, 1_900)]
    assert (chunk.segments[0].start_ms, chunk.segments[0].end_ms) == (1_000, 1_900)
