"""Sounds to test with: the sample interviews with what is said in them, and made-up noise."""

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


def decoded(path: Path) -> NDArray[np.int16]:
    """The whole file as 16 kHz mono; only for files of a minute or two."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as container:
        frames = [g for f in container.decode(audio=0) for g in resampler.resample(f)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.int16)


def as_heard(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    return pcm.astype(np.float32) / np.float32(32768)


@dataclass(frozen=True)
class Spoken:
    text: str
    start_ms: int


@dataclass(frozen=True)
class Sample:
    """An interview, its sentences, and each syllable with its exact onset."""

    pcm: NDArray[np.int16]
    sentences: list[Spoken]
    syllables: list[Spoken]


@lru_cache(maxsize=1)
def sample(name: str) -> Sample:
    reference: dict[str, Any] = json.loads((SAMPLES_DIR / f"{name}.json").read_text("utf-8"))
    segments = reference["segments"]
    return Sample(
        pcm=decoded(SAMPLES_DIR / reference["audio"]),
        sentences=[Spoken(s["text"], round(s["start"] * 1000)) for s in segments],
        syllables=[
            Spoken(w["word"], round(w["start"] * 1000)) for s in segments for w in s["words"]
        ],
    )


def white_noise(seconds: float, *, rms: float, seed: int = 7) -> NDArray[np.int16]:
    noise = np.random.default_rng(seed).standard_normal(int(seconds * RATE)) * rms * 32768
    return np.clip(noise, -32768, 32767).astype(np.int16)


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(int(seconds * RATE), np.int16)


def matched(reference: list[str], heard: list[str]) -> tuple[int, list[tuple[int, int]]]:
    """Edit distance of two word lists, and the pairs of places where they agree."""
    n, m = len(reference), len(heard)
    cost = np.zeros((n + 1, m + 1), int)
    cost[:, 0], cost[0] = range(n + 1), range(m + 1)
    for i in range(n):
        for j in range(m):
            swapped = cost[i, j] + (reference[i] != heard[j])
            cost[i + 1, j + 1] = min(swapped, cost[i, j + 1] + 1, cost[i + 1, j] + 1)
    pairs = []
    i, j = n, m
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + (reference[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            if reference[i] == heard[j]:
                pairs.append((i, j))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return int(cost[n, m]), pairs[::-1]
