"""Speech is found for any block size; silence and noise are not speech."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.support.audio_samples import RATE, decode_sample, sample, silence, white_noise
from tests.support.whisper_models import JFK, needs_real_speech
from transcription.chunks import SpeechSpan
from transcription.voice_activity import (
    FRAME_MS,
    MIN_SILENCE_MS,
    PAD_MS,
    _SpanBuilder,
    speech_probabilities,
    speech_spans,
)


@pytest.fixture(scope="module")
def interview() -> NDArray[np.int16]:
    return sample("interview_pha_rao").pcm[: 40 * RATE]


@pytest.fixture(scope="module")
def spans(interview: NDArray[np.int16]) -> list[SpeechSpan]:
    return list(speech_spans([interview]))


def spans_of(*runs: tuple[float, int]) -> list[SpeechSpan]:
    """Spans of made-up probabilities, given as (probability, number of frames)."""
    probabilities = np.concatenate([np.full(n, p, np.float32) for p, n in runs])
    builder = _SpanBuilder()
    found = list(builder.add(probabilities))
    return found + list(builder.finish(len(probabilities) * FRAME_MS))


def test_speech_probabilities_equal_those_of_silero(interview: NDArray[np.int16]) -> None:
    """The package's own loop, a call for each frame, gives the same probabilities."""
    import silero_vad

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.load` is deprecated", DeprecationWarning)
        theirs = silero_vad.load_silero_vad()
    piece = interview[: 512 * 300]
    rows = torch.from_numpy(piece.astype(np.float32) / 32768).view(-1, 512)
    with torch.inference_mode():
        expected = np.array([theirs(row, 16_000).item() for row in rows])
    ours = np.concatenate(list(speech_probabilities([piece])))
    loud = np.sqrt(np.mean(piece.reshape(-1, 512).astype(float) ** 2, axis=1)) > 10
    assert np.abs(ours - expected)[loud].max() < 1e-4
    assert expected.max() > 0.9


@pytest.mark.parametrize("block", [1, 511, 16_000, 480_000, 10**9])
def test_speech_spans_are_equal_for_any_block_size(
    interview: NDArray[np.int16], spans: list[SpeechSpan], block: int
) -> None:
    piece = interview if block > 1 else interview[: RATE * 3]
    expected = spans if block > 1 else list(speech_spans([piece]))
    blocks = (piece[at : at + block] for at in range(0, len(piece), block))
    assert list(speech_spans(blocks)) == expected


def test_speech_spans_cover_every_syllable(spans: list[SpeechSpan]) -> None:
    spoken = [s for s in sample("interview_pha_rao").syllables if s.start_ms < 39_500]
    missed = [
        s.text for s in spoken if not any(a.start_ms <= s.start_ms <= a.end_ms for a in spans)
    ]
    assert missed == []


def test_speech_spans_are_ordered_and_disjoint(spans: list[SpeechSpan]) -> None:
    assert len(spans) > 5
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(spans))
    for span in spans:
        edges = [span.start_ms, *itertools.chain(*span.pauses), span.end_ms]
        assert edges == sorted(edges)


@pytest.mark.parametrize(
    "noise",
    [
        silence(60),
        white_noise(30, rms=0.1),
        white_noise(30, rms=0.003),
        (3000 * np.sin(np.arange(30 * RATE) * 2 * np.pi * 50 / RATE)).astype(np.int16),
        np.zeros(0, np.int16),
    ],
    ids=["silence", "white noise", "faint noise", "hum", "nothing"],
)
def test_speech_spans_of_noise_are_empty(noise: NDArray[np.int16]) -> None:
    assert list(speech_spans([noise])) == []


def test_speech_spans_include_a_soft_voice(
    interview: NDArray[np.int16], spans: list[SpeechSpan]
) -> None:
    soft = (interview.astype(np.float32) * 0.03).astype(np.int16)  # 30 dB softer
    covered_ms = sum(s.end_ms - s.start_ms for s in speech_spans([soft]))
    assert covered_ms > 0.8 * sum(s.end_ms - s.start_ms for s in spans)


def test_span_builder_pads_and_ends_after_long_silence() -> None:
    long, short = MIN_SILENCE_MS // FRAME_MS + 1, 5
    assert spans_of((0, 50), (0.9, 20), (0, short), (0.9, 20), (0, long)) == [
        SpeechSpan(1600 - PAD_MS, 1600 + 45 * 32 + PAD_MS, ((1600 + 640, 1600 + 640 + 160),))
    ]
    assert len(spans_of((0.9, 20), (0, long), (0.9, 20), (0, long))) == 2


def test_span_builder_between_thresholds_continues_speech() -> None:
    assert spans_of((0.2, 100)) == []
    assert spans_of((0.9, 10), (0.2, 100)) == [SpeechSpan(0, 110 * FRAME_MS)]


def test_span_builder_drops_a_click_and_keeps_a_short_answer() -> None:
    assert spans_of((0, 50), (0.9, 2), (0, 50)) == []
    assert len(spans_of((0, 50), (0.9, 4), (0, 50))) == 1


def test_span_builder_closes_the_last_span() -> None:
    assert spans_of((0, 50), (0.9, 10)) == [SpeechSpan(1600 - PAD_MS, 60 * FRAME_MS)]


def test_memory_is_constant_for_any_duration(interview: NDArray[np.int16]) -> None:
    """Ten minutes in blocks of a second: no more is ever waiting than half a minute."""
    waiting = 0
    most = 0

    def blocks() -> Iterator[NDArray[np.int16]]:
        nonlocal waiting, most
        for at in range(600):
            waiting += 1
            most = max(most, waiting)
            yield interview[at % 30 * RATE : (at % 30 + 1) * RATE]

    for probabilities in speech_probabilities(blocks()):
        waiting -= round(len(probabilities) * FRAME_MS / 1000)
    assert most <= 31


@needs_real_speech
def test_speech_spans_include_real_speech() -> None:
    pcm = decode_sample(JFK)
    found = list(speech_spans([pcm]))
    spoken = sum(s.end_ms - s.start_ms for s in found)
    assert 0.6 * len(pcm) / 16 < spoken <= len(pcm) / 16
