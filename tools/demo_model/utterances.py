"""Training data: synthetic utterances of the fifty sentences, and of mixtures of their words.

The mixtures are sequences that no language model can guess: they force the decoder to use the
audio. Spectrograms are stored before the logarithm, because mixing sounds adds them.
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

from tools.demo_model.speech_synthesis import (
    RATE,
    TRAIN_VARIANTS,
    VOICES,
    Espeak,
    Pcm,
    syllable,
)

TOKENIZER = get_tokenizer(True, num_languages=99, language="vi", task="transcribe")
MAX_LENGTH_S = 6.3


@dataclass(frozen=True)
class TimedWord:
    """The tokens of a word, its time in the utterance and the number of its syllable."""

    tokens: Sequence[int]
    start_s: float
    end_s: float
    syllable: int


@dataclass(frozen=True)
class Utterance:
    """One synthesised sentence; `power` is its mel spectrogram before the logarithm."""

    power: Tensor
    length_s: float
    words: Sequence[TimedWord]


def power_mel(pcm: Pcm) -> Tensor:
    """Return Whisper's mel spectrogram before the logarithm: (80, frames)."""
    window = torch.hann_window(N_FFT)
    spectrum = torch.stft(
        torch.from_numpy(pcm), N_FFT, HOP_LENGTH, window=window, return_complex=True
    )
    power: Tensor = mel_filters("cpu", 80) @ spectrum[..., :-1].abs() ** 2
    return power


class UtteranceSet:
    """Utterances of the sentences and of mixtures, and the number of syllable classes."""

    def __init__(self, sentences: list[str], per_sentence: int, mixed: int) -> None:
        self._espeak, self._sentences = Espeak(), sentences
        self._words = [word for sentence in sentences for word in sentence.split()]
        distinct = sorted({syllable(word) for word in self._words})
        self._ids = {word: number + 1 for number, word in enumerate(distinct)}
        self.classes = len(self._ids) + 1
        attempts = [
            self._synthesise(sentence) for sentence in sentences for _ in range(per_sentence)
        ]
        self.sentence_utterances = [utterance for utterance in attempts if utterance is not None]
        attempts = [self._synthesise(self._mixture()) for _ in range(mixed)]
        self.mixtures = [utterance for utterance in attempts if utterance is not None]

    def _synthesise(self, text: str) -> Utterance | None:
        voice = random.choice(VOICES) + random.choice(TRAIN_VARIANTS)
        reference = self._espeak.synthesise(
            text, voice, random.randint(125, 185), random.randint(25, 75)
        )
        if reference is None or len(reference[0]) > MAX_LENGTH_S * RATE:
            return None
        pcm, onsets = reference
        times = [*onsets, len(pcm) / RATE]
        words = [
            TimedWord(
                TOKENIZER.encode(" " + word), times[i], times[i + 1], self._ids[syllable(word)]
            )
            for i, word in enumerate(text.split())
        ]
        return Utterance(power_mel(np.pad(pcm, (0, 160))), times[-1], words)

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
