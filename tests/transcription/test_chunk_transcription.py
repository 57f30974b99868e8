"""Flagged text is retried in three ways; text that stays flagged keeps its time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from transcription import guard
from transcription.chunk_transcription import TranscribedChunk, transcribe_chunk
from transcription.engines.base import ModelInfo, RecognisedSegment, TranscribeOptions
from transcription.engines.scripted import ScriptedModel, ScriptEntry, evenly_timed_segment

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


def transcribe(
    *script: ScriptEntry, pcm: NDArray[np.float32] = SOUND
) -> tuple[TranscribedChunk, ScriptedModel]:
    model = ScriptedModel(INFO, script)
    return transcribe_chunk(model, pcm, language="vi", prompt="Tên riêng: Củ Chi."), model


def texts(chunk: TranscribedChunk) -> list[str]:
    return [s.text for s in chunk.segments]


def test_transcribe_chunk_accepts_unflagged_text_at_once() -> None:
    chunk, model = transcribe([GOOD])
    assert chunk == TranscribedChunk(segments=(evenly_timed_segment(*GOOD),), attempts=1)
    assert model.calls == [(10_000, "Tên riêng: Củ Chi.", TranscribeOptions())]


@pytest.mark.parametrize("first", [[LOOP], [PHANTOM], "the model fell over"])
def test_transcribe_chunk_retries_flagged_text_without_prompt(first: ScriptEntry) -> None:
    chunk, model = transcribe(first, [GOOD])
    assert texts(chunk) == [GOOD[2]]
    assert chunk.segments[0].flags == ()
    assert chunk.attempts == 2
    assert model.calls[1] == (10_000, "", TranscribeOptions(temperatures=(0.0,)))


def test_transcribe_chunk_splits_halves_in_silence() -> None:
    pcm = tone((0, 5_600), (6_000, 10_000))
    chunk, model = transcribe(
        [LOOP], [LOOP], [GOOD], [(500, 3_500, "Sau đó mới lên phố.")], pcm=pcm
    )
    lengths = [call[0] for call in model.calls]
    assert lengths[:2] == [10_000, 10_000]
    assert 5_600 <= lengths[2] <= 6_000
    assert lengths[2] + lengths[3] == 10_000
    assert texts(chunk) == [GOOD[2], "Sau đó mới lên phố."]
    assert chunk.segments[1].start_ms == lengths[2] + 500
    assert chunk.segments[1].words[-1].end_ms == lengths[2] + 3_500
    assert chunk.flags == ()
    assert chunk.attempts == 4


def test_transcribe_chunk_keeps_flagged_text_as_needs_human() -> None:
    chunk, _ = transcribe([PHANTOM], [PHANTOM], [PHANTOM], [PHANTOM])
    assert texts(chunk) == [PHANTOM[2]]
    assert chunk.segments[0].flags == (guard.NEEDS_HUMAN, guard.PHANTOM_PHRASE)
    assert chunk.attempts == 4


def test_transcribe_chunk_flags_only_doubtful_segments() -> None:
    mixed = [GOOD, (4_000, 9_000, PHANTOM[2])]
    chunk, _ = transcribe(mixed, mixed, [PHANTOM], [PHANTOM])
    assert [s.flags for s in chunk.segments] == [(), (guard.NEEDS_HUMAN, guard.PHANTOM_PHRASE)]


def test_transcribe_chunk_with_one_failed_half_keeps_the_other() -> None:
    chunk, _ = transcribe("fell over", "fell over", [GOOD], "fell over")
    assert texts(chunk) == [GOOD[2], ""]
    assert chunk.segments[1].flags == (guard.NEEDS_HUMAN,)
    assert chunk.segments[1].end_ms == 10_000
    assert chunk.flags == ()


def test_transcribe_chunk_after_all_failures_is_one_empty_segment() -> None:
    chunk, _ = transcribe(*["fell over"] * 4)
    assert chunk == TranscribedChunk(
        segments=(
            RecognisedSegment(start_ms=0, end_ms=10_000, text="", flags=(guard.NEEDS_HUMAN,)),
        ),
        flags=(guard.NEEDS_HUMAN,),
        attempts=4,
    )


def test_transcribe_chunk_does_not_split_a_short_chunk() -> None:
    chunk, model = transcribe("fell over", "fell over", pcm=tone(length_ms=1_500))
    assert [call[0] for call in model.calls] == [1_500, 1_500]
    assert chunk.segments[0].end_ms == 1_500


def test_transcribe_chunk_raises_memory_error() -> None:
    class Starved(ScriptedModel):
        def transcribe(self, *args: object, **kwargs: object) -> list[RecognisedSegment]:
            raise MemoryError

    with pytest.raises(MemoryError):
        transcribe_chunk(Starved(INFO), SOUND, language="vi")


def test_transcribe_chunk_retries_text_over_silence() -> None:
    chunk, _ = transcribe([GOOD], [GOOD], [GOOD], [], pcm=tone((9_000, 10_000)))
    assert chunk.segments[0].flags == (guard.NEEDS_HUMAN, guard.TEXT_OVER_SILENCE)


def test_transcribe_chunk_prefers_flagged_text_to_no_text() -> None:
    chunk, _ = transcribe([PHANTOM], [], [], [])
    assert texts(chunk) == [PHANTOM[2]]
    assert chunk.segments[0].flags == (guard.NEEDS_HUMAN, guard.PHANTOM_PHRASE)
    assert chunk.attempts == 4


def test_transcribe_chunk_accepts_silence_after_a_failure() -> None:
    chunk, _ = transcribe("fell over", [], [], [])
    assert chunk.segments == ()
    assert chunk.flags == ()


def test_transcribe_chunk_clamps_words_to_the_sound() -> None:
    pcm = tone((1_000, 1_900), (3_000, 5_000))
    chunk, _ = transcribe([(0, 2_400, "Dạ có.")], pcm=pcm)
    words = chunk.segments[0].words
    assert [(w.start_ms, w.end_ms) for w in words] == [(1_000, 1_200), (1_200, 1_900)]
    assert (chunk.segments[0].start_ms, chunk.segments[0].end_ms) == (1_000, 1_900)
