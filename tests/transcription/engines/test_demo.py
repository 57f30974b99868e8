"""The demo model transcribes the sample interviews, with the same steps as jobs."""

from __future__ import annotations

import itertools
import statistics
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.audio_samples import (
    INTERVIEWS,
    as_float,
    decode_sample,
    sample,
    silence,
    white_noise,
)
from tests.support.whisper_models import JFK, needs_real_speech
from tools.demo_model.scoring import align
from transcription import guard
from transcription.chunk_transcription import transcribe_chunk
from transcription.chunks import plan_chunks
from transcription.document import TranscriptSegment
from transcription.engines.base import LoadedModel
from transcription.engines.demo import SAMPLES_DIR, sentences
from transcription.engines.registry import ENGINES
from transcription.tokens import letters
from transcription.turns import to_segments
from transcription.voice_activity import speech_spans

MOST_WORD_ERRORS = 0.02
PROMPT = "Tên riêng: Bình Thạnh, Chợ Lớn."


@lru_cache
def demo() -> LoadedModel:
    return ENGINES["whisper"].load("demo", models_dir=Path("nowhere"))


def transcribed(pcm: NDArray[np.int16]) -> list[TranscriptSegment]:
    model = demo()
    segments: list[TranscriptSegment] = []
    plan = plan_chunks(
        speech_spans([pcm]), total_ms=len(pcm) // 16, longest_ms=model.info.longest_chunk_ms
    )
    for chunk in plan:
        if chunk.kind == "speech":
            piece = as_float(pcm[chunk.start_ms * 16 : chunk.end_ms * 16])
            found = transcribe_chunk(model, piece, language="vi", prompt=PROMPT)
            segments += to_segments(found.segments, offset_ms=chunk.start_ms)
    return segments


@pytest.mark.slow
@pytest.mark.parametrize("name", INTERVIEWS)
def test_demo_transcribes_interview_with_word_times(name: str) -> None:
    reference, segments = sample(name), transcribed(sample(name).pcm)
    words = [w for s in segments for w in s.words]
    errors, pairs = align(
        [letters(s.text) for s in reference.syllables], [letters(w.text) for w in words]
    )
    assert errors <= MOST_WORD_ERRORS * len(reference.syllables)
    late = sorted(abs(words[j].start_ms - reference.syllables[i].start_ms) for i, j in pairs)
    assert statistics.median(late) <= 60
    assert late[len(late) * 9 // 10] <= 200
    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(words))
    # Turns: nearly each sentence is a segment of its own.
    texts = [s.text for s in segments]
    assert sum(s.text in texts for s in reference.sentences) >= len(reference.sentences) - 2
    assert set(guard.flag_segments(segments, prompt=PROMPT)) == {()}


@pytest.mark.parametrize(
    "noise",
    [silence(20), white_noise(20, rms=0.1), white_noise(20, rms=0.003)],
    ids=["silence", "white noise", "faint noise"],
)
def test_demo_transcribes_silence_as_nothing(noise: NDArray[np.int16]) -> None:
    assert transcribed(noise) == []
    # Nor by the model alone, without voice activity detection.
    piece = as_float(noise[: 8 * 16_000])
    assert demo().transcribe(piece, language="vi") == []


def test_demo_info_is_limited_to_its_sentences() -> None:
    assert demo().info.limited_to == "demo_sentences"
    assert len(sentences()) == 50
    spoken_in_samples = {s.text for name in INTERVIEWS for s in sample(name).sentences}
    assert spoken_in_samples <= set(sentences())
    assert len(INTERVIEWS) == len(list(SAMPLES_DIR.glob("*.json"))) == 3


@needs_real_speech
def test_demo_on_real_speech_gives_valid_segments() -> None:
    pcm = decode_sample(JFK)
    words = [w for s in transcribed(pcm) for w in s.words]
    edges = [t for w in words for t in (w.start_ms, w.end_ms)]
    assert words
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= len(pcm) // 16
