"""Where there is sound at all: frames of 20 ms against the loudest of the same piece."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLES_PER_MS = 16
FRAME_MS = 20
LEAST_RMS = 1e-3  # -60 dB: below it nothing is sound
SHARE_OF_LOUD = 0.04  # of the loud frames' level, that is 28 dB below them


def loud_spans(pcm: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Stretches in ms of 16 kHz mono that are not near-silent, in order and apart.

    >>> loud_spans(np.concatenate([np.zeros(1600), np.ones(640)]).astype(np.float32))
    [(100, 140)]
    """
    frame = FRAME_MS * SAMPLES_PER_MS
    count = len(pcm) // frame
    if not count:
        return []
    rms = np.sqrt(np.mean(pcm[: count * frame].reshape(count, frame) ** 2, axis=1))
    loud = rms > max(LEAST_RMS, float(np.percentile(rms, 95)) * SHARE_OF_LOUD)
    edges = np.flatnonzero(np.diff(loud, prepend=False, append=False)) * FRAME_MS
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def quietest_ms(pcm: NDArray[np.float32], *, around_ms: int, within_ms: int) -> int:
    """The middle of the quietest fifth of a second near a time; that time if the piece is short."""
    first = max(0, around_ms - within_ms)
    piece = pcm[first * SAMPLES_PER_MS : (around_ms + within_ms) * SAMPLES_PER_MS]
    frame = FRAME_MS * SAMPLES_PER_MS
    width = 200 // FRAME_MS
    count = len(piece) // frame
    if count < width:
        return around_ms
    power = np.mean(piece[: count * frame].reshape(count, frame) ** 2, axis=1)
    smooth = np.convolve(power, np.ones(width) / width, mode="valid")
    return first + (int(np.argmin(smooth)) * FRAME_MS + width * FRAME_MS // 2)
