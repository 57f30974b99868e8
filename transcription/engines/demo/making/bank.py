"""Spoken material to train on: the fifty sentences in many takes, and mixtures of their words.

The mixtures are sequences that no language model can guess: they teach the decoder to
listen. A spectrogram is kept before its logarithm, since sums of sounds are sums of these.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from whisper.audio import HOP_LENGTH, N_FFT, mel_filters
from whisper.tokenizer import get_tokenizer

from transcription.engines.demo.making.speaking import (
    RATE,
    TRAIN_VARIANTS,
    VOICES,
    Espeak,
    Pcm,
    syllable,
)

TOKENIZER = get_tokenizer(True, num_languages=99, language="vi", task="transcribe")
LONGEST_S = 6.3


@dataclass(frozen=True)
class SpokenWord:
    """Tokens of a word, when it sounds in its take, and the number of its syllable."""

    tokens: Sequence[int]
    start_s: float
    end_s: float
    syllable: int


@dataclass(frozen=True)
class Take:
    """One sentence said once; `power` is its mel spectrogram before the logarithm."""

    power: Tensor
    length_s: float
    words: Sequence[SpokenWord]


def power_mel(pcm: Pcm) -> Tensor:
    """Whisper's mel spectrogram before the logarithm: (80, frames)."""
    window = torch.hann_window(N_FFT)
    spectrum = torch.stft(
        torch.from_numpy(pcm), N_FFT, HOP_LENGTH, window=window, return_complex=True
    )
    power: Tensor = mel_filters("cpu", 80) @ spectrum[..., :-1].abs() ** 2
    return power


class Bank:
    """Takes of the sentences, takes of mixtures, and the number of classes of syllables."""

    def __init__(self, sentences: list[str], takes: int, mixed: int) -> None:
        self._espeak, self._sentences = Espeak(), sentences
        self._words = [word for sentence in sentences for word in sentence.split()]
        distinct = sorted({syllable(word) for word in self._words})
        self._ids = {word: number + 1 for number, word in enumerate(distinct)}
        self.classes = len(self._ids) + 1
        tries = [self._take(sentence) for sentence in sentences for _ in range(takes)]
        self.known = [take for take in tries if take is not None]
        tries = [self._take(self._mixture()) for _ in range(mixed)]
        self.mixtures = [take for take in tries if take is not None]

    def _take(self, text: str) -> Take | None:
        voice = random.choice(VOICES) + random.choice(TRAIN_VARIANTS)
        said = self._espeak.say(text, voice, random.randint(125, 185), random.randint(25, 75))
        if said is None or len(said[0]) > LONGEST_S * RATE:
            return None
        pcm, onsets = said
        times = [*onsets, len(pcm) / RATE]
        words = [
            SpokenWord(
                TOKENIZER.encode(" " + word), times[i], times[i + 1], self._ids[syllable(word)]
            )
            for i, word in enumerate(text.split())
        ]
        return Take(power_mel(np.pad(pcm, (0, 160))), times[-1], words)

    def _mixture(self) -> str:
        first = random.choice(self._sentences).split()
        second = random.choice(self._sentences).split()
        if random.random() < 0.5:
            words = random.sample(self._words, random.randint(3, 9))
        else:
            head = first[: random.randint(1, len(first) - 1)]
            words = head + second[random.randint(1, len(second) - 1) :]
        text = " ".join(words)
        return text[0].upper() + text[1:].rstrip(".,?") + "."
