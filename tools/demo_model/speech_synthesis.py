"""Synthetic Vietnamese speech with the exact onset of each word, from libespeak-ng.

The library is called through ctypes, since no package gives its word events.
"""

from __future__ import annotations

import ctypes
import itertools
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
VOICES = ("vi", "vi-vn-x-south", "vi-vn-x-central")
TRAIN_VARIANTS = ("", "", "+m1", "+m3", "+f2", "+f4")
HELD_OUT_VARIANTS = ("+m2", "+m4", "+f1", "+f3")  # never trained on
SILENCE_LEVEL = 2e-3

Pcm = NDArray[np.float32]
Voice = tuple[str, int, int]  # name, speed, pitch

_SYNCHRONOUS, _SPEED, _PITCH, _UTF8 = 2, 1, 3, 1
_WORD_BEGINS = 1
# espeak_EVENT is ten ints: type, uid, text position, length, time in ms, …
_TYPE, _POSITION, _TIME_MS = 0, 2, 4


class EspeakMissing(Exception):
    """libespeak-ng is not installed."""


def syllable(word: str) -> str:
    """Return a word in lower case without punctuation."""
    return word.strip(".,?").lower()


class Espeak:
    """The speech synthesiser; not thread-safe."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise EspeakMissing("libespeak-ng.so.1 was not found: install espeak-ng") from error
        self._audio: list[NDArray[np.int16]] = []
        self._onsets: dict[int, float] = {}
        samples, events = ctypes.POINTER(ctypes.c_short), ctypes.POINTER(ctypes.c_int * 10)
        kind = ctypes.CFUNCTYPE(ctypes.c_int, samples, ctypes.c_int, events)
        self._callback = kind(
            self._receive
        )  # referenced, or it is freed while the library calls it
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0)
        self._library.espeak_SetSynthCallback(self._callback)

    def synthesise(
        self, text: str, voice: str, speed: int, pitch: int
    ) -> tuple[Pcm, list[float]] | None:
        """Return trimmed audio and word onsets in s, or None if an onset is missing."""
        self._audio, self._onsets = [], {}
        raw = text.encode() + b"\0"
        self._library.espeak_SetVoiceByName(voice.encode())
        self._library.espeak_SetParameter(_SPEED, speed, 0)
        self._library.espeak_SetParameter(_PITCH, pitch, 0)
        self._library.espeak_Synth(raw, ctypes.c_size_t(len(raw)), 0, 1, 0, _UTF8, None, None)
        pcm = self._resampled()
        pcm = pcm[: np.nonzero(np.abs(pcm) > SILENCE_LEVEL)[0][-1] + 1]
        onsets: list[float] = []
        position = 0
        for word in text.split():
            position = text.index(word, position)
            onset = self._onsets.get(position)
            if onset is None:
                return None
            onsets.append(onset)
            position += len(word)
        times = [*onsets, len(pcm) / RATE]
        if any(later <= earlier for earlier, later in itertools.pairwise(times)):
            return None
        return pcm, onsets

    def _resampled(self) -> Pcm:
        frame = av.AudioFrame.from_ndarray(np.concatenate(self._audio)[None], "s16", "mono")
        frame.sample_rate = self._rate
        resampler = av.AudioResampler("flt", "mono", RATE)
        frames = resampler.resample(frame) + resampler.resample(None)
        return np.concatenate([f.to_ndarray()[0] for f in frames]).astype(np.float32)

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._audio.append(np.ctypeslib.as_array(samples, (count,)).copy())
        for number in itertools.count():
            event = events[number]
            if not event[_TYPE]:
                return 0
            if event[_TYPE] == _WORD_BEGINS:
                self._onsets.setdefault(event[_POSITION] - 1, event[_TIME_MS] / 1000)
        return 0
