"""The demo model hears the sample interviews, word by word and in time, the way jobs do."""

from __future__ import annotations

import itertools
import statistics
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.speech import JFK, needs_real_speech
from tests.transcription.sounds import (
    INTERVIEWS,
    as_heard,
    decoded,
    matched,
    sample,
    silence,
    white_noise,
)
from transcription import guard
from transcription.chunks import plan_chunks
from transcription.document import Segment
from transcription.engines.base import LoadedModel
from transcription.engines.demo import SAMPLES_DIR, sentences
from transcription.engines.registry import ENGINES
from transcription.hearing import hear_chunk
from transcription.tokens import spoken
from transcription.turns import to_segments
from transcription.voice_activity import speech_spans

MOST_WORD_ERRORS = 0.02
PROMPT = "Tên riêng: Bình Thạnh, Chợ Lớn."


@lru_cache
def demo() -> LoadedModel:
    return ENGINES["whisper"].load("demo", models_dir=Path("nowhere"))


def transcribed(pcm: NDArray[np.int16]) -> list[Segment]:
    model = demo()
    heard: list[Segment] = []
    plan = plan_chunks(
        speech_spans([pcm]), total_ms=len(pcm) // 16, longest_ms=model.info.longest_chunk_ms
    )
    for chunk in plan:
        if chunk.kind == "speech":
            piece = as_heard(pcm[chunk.start_ms * 16 : chunk.end_ms * 16])
            found = hear_chunk(model, piece, language="vi", prompt=PROMPT)
            heard += to_segments(found.segments, offset_ms=chunk.start_ms)
    return heard


@pytest.mark.slow
@pytest.mark.parametrize("name", INTERVIEWS)
def test_an_interview_is_heard_word_by_word_and_in_time(name: str) -> None:
    reference, segments = sample(name), transcribed(sample(name).pcm)
    words = [w for s in segments for w in s.words]
    errors, pairs = matched(
        [spoken(s.text) for s in reference.syllables], [spoken(w.text) for w in words]
    )
    assert errors <= MOST_WORD_ERRORS * len(reference.syllables)
    late = sorted(abs(words[j].start_ms - reference.syllables[i].start_ms) for i, j in pairs)
    assert statistics.median(late) <= 60
    assert late[len(late) * 9 // 10] <= 200
    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(words))
    # Turns: nearly each sentence is a segment of its own.
    texts = [s.text for s in segments]
    assert sum(s.text in texts for s in reference.sentences) >= len(reference.sentences) - 2
    assert set(guard.flags(segments, prompt=PROMPT)) == {()}


@pytest.mark.parametrize(
    "noise",
    [silence(20), white_noise(20, rms=0.1), white_noise(20, rms=0.003)],
    ids=["silence", "white noise", "faint noise"],
)
def test_where_nobody_speaks_nothing_is_heard(noise: NDArray[np.int16]) -> None:
    assert transcribed(noise) == []
    # Not even by the model itself, should the search for speech be mistaken.
    piece = as_heard(noise[: 8 * 16_000])
    assert demo().hear(piece, language="vi") == []


def test_the_model_says_that_it_knows_only_its_sentences() -> None:
    assert demo().info.knows_only == "demo_sentences"
    assert len(sentences()) == 50
    spoken_in_samples = {s.text for name in INTERVIEWS for s in sample(name).sentences}
    assert spoken_in_samples <= set(sentences())
    assert len(INTERVIEWS) == len(list(SAMPLES_DIR.glob("*.json"))) == 3


@needs_real_speech
def test_real_speech_goes_through_in_time_and_order() -> None:
    pcm = decoded(JFK)
    words = [w for s in transcribed(pcm) for w in s.words]
    edges = [t for w in words for t in (w.start_ms, w.end_ms)]
    assert words
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= len(pcm) // 16
