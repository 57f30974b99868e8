"""Audio for tests: the sample interviews with their transcripts, noise and silence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from transcription.engines.demo import SAMPLES_DIR

RATE = 16_000
INTERVIEWS = sorted(path.stem for path in SAMPLES_DIR.glob("*.json"))


def decode_sample(path: Path) -> NDArray[np.int16]:
    """Decode a whole file to 16 kHz mono; only for files of a minute or two."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as container:
        frames = [g for f in container.decode(audio=0) for g in resampler.resample(f)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.int16)


def as_float(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    return pcm.astype(np.float32) / np.float32(32768)


@dataclass(frozen=True)
class ReferenceText:
    text: str
    start_ms: int


@dataclass(frozen=True)
class Sample:
    """An interview, its sentences, and each syllable with its exact onset."""

    pcm: NDArray[np.int16]
    sentences: list[ReferenceText]
    syllables: list[ReferenceText]


@lru_cache(maxsize=1)
def sample(name: str) -> Sample:
    reference: dict[str, Any] = json.loads((SAMPLES_DIR / f"{name}.json").read_text("utf-8"))
    segments = reference["segments"]
    return Sample(
        pcm=decode_sample(SAMPLES_DIR / reference["audio"]),
        sentences=[ReferenceText(s["text"], round(s["start"] * 1000)) for s in segments],
        syllables=[
            ReferenceText(w["word"], round(w["start"] * 1000)) for s in segments for w in s["words"]
        ],
    )


def white_noise(seconds: float, *, rms: float, seed: int = 7) -> NDArray[np.int16]:
    noise = np.random.default_rng(seed).standard_normal(int(seconds * RATE)) * rms * 32768
    return np.clip(noise, -32768, 32767).astype(np.int16)


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(int(seconds * RATE), np.int16)
