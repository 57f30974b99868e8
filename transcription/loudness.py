"""Find the spans of sound in a chunk: frames of 20 ms compared with its loudest ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLES_PER_MS = 16
LEVEL_FRAME_MS = 20
LEAST_RMS = 1e-3  # -60 dB: below it nothing is sound
SHARE_OF_LOUD = 0.04  # of the loud frames' level, that is 28 dB below them


def loud_spans(pcm: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Return the spans in ms of 16 kHz mono that are not silent, in order and disjoint.

    >>> loud_spans(np.concatenate([np.zeros(1600), np.ones(640)]).astype(np.float32))
    [(100, 140)]
    """
    frame = LEVEL_FRAME_MS * SAMPLES_PER_MS
    count = len(pcm) // frame
    if not count:
        return []
    rms = np.sqrt(np.mean(pcm[: count * frame].reshape(count, frame) ** 2, axis=1))
    loud = rms > max(LEAST_RMS, float(np.percentile(rms, 95)) * SHARE_OF_LOUD)
    edges = np.flatnonzero(np.diff(loud, prepend=False, append=False)) * LEVEL_FRAME_MS
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def quietest_ms(pcm: NDArray[np.float32], *, around_ms: int, within_ms: int) -> int:
    """Return the middle of the quietest 200 ms near a time; that time if there are fewer."""
    first = max(0, around_ms - within_ms)
    window = pcm[first * SAMPLES_PER_MS : (around_ms + within_ms) * SAMPLES_PER_MS]
    frame = LEVEL_FRAME_MS * SAMPLES_PER_MS
    width = 200 // LEVEL_FRAME_MS
    count = len(window) // frame
    if count < width:
        return around_ms
    power = np.mean(window[: count * frame].reshape(count, frame) ** 2, axis=1)
    smooth = np.convolve(power, np.ones(width) / width, mode="valid")
    return first + (int(np.argmin(smooth)) * LEVEL_FRAME_MS + width * LEVEL_FRAME_MS // 2)
