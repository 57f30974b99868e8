"""Channel mixing: the only place where the channels of a recording are combined.

Access copy, peaks and model input all read mixed sound, so a voice has the same level in
each of them. A layout is never guessed from the number of channels:

- One or two channels stay as they are (left and right).
- Channels without speaker positions ("discrete": a WAV without a channel mask, Opus mapping
  family 255, labels that make up no named layout) are tracks. All get the same weight.
- Channels of a named layout (a channel mask, AAC, AC-3, FLAC, Vorbis) follow the downmix of
  ITU-R BS.775, with one exception: the low-frequency channel is kept, because programs write
  the mask of 5.1 for any six tracks, and then a microphone lies there.

The weights are not lowered until no sum can clip, since that makes one voice among 32
tracks 30 dB too quiet. They stay at -9 dB or above, and a limiter turns the sum down where
several tracks are loud at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from numpy.typing import NDArray

from media import limits
from media.errors import MediaRefused
from media.loudness import sound_frame

OutputLayout = Literal["mono", "stereo"]
DISCRETE = "discrete"
LEAST_WEIGHT = 10 ** (-9 / 20)
CEILING = 10 ** (-1 / 20)

# Positions as FFmpeg abbreviates them (libavutil/channel_layout.h).
_LEFT = frozenset(
    {"FL", "FLC", "BL", "SL", "TFL", "TBL", "TSL", "WL", "SDL", "BFL", "SSL", "TTL", "DL", "BIL"}
)
_RIGHT = frozenset(
    {"FR", "FRC", "BR", "SR", "TFR", "TBR", "TSR", "WR", "SDR", "BFR", "SSR", "TTR", "DR", "BIR"}
)
_MIDDLE = frozenset({"FC", "BC", "TC", "TFC", "TBC", "BFC", "LFE", "LFE2"})
_POSITIONS = _LEFT | _RIGHT | _MIDDLE
_FULL = frozenset({"FL", "FR", "DL", "DR", "BIL", "BIR"})
# Float tracks may exceed full scale; beyond this (+18 dB) a sample is damage, not sound.
_HIGHEST_SAMPLE = 8.0
_BLOCKS_PER_S = 50
_HIGHEST_RATE = 768_000
_RISE_PER_BLOCK = 10 ** (0.5 / 20)


def layout_name(layout: AudioLayout) -> str:
    """Return `mono`, `stereo`, `discrete`, or the name of a layout of speakers."""
    names = _names(layout)
    if len(names) <= 2:
        return "mono" if len(names) == 1 else "stereo"
    return DISCRETE if _is_discrete(names) else layout.name


def output_layout(layout: AudioLayout) -> OutputLayout:
    """Return the layout of an access copy: stereo for a pair and for a layout of speakers."""
    return "mono" if layout_name(layout) in ("mono", DISCRETE) else "stereo"


def channel_weights(names: Sequence[str], output: OutputLayout) -> NDArray[np.float32]:
    """Return the share of every channel in every output channel, shaped (channels, outputs).

    `names` are the positions as FFmpeg abbreviates them (FL, FR, FC, LFE, …).
    """
    count = len(names)
    if count == 1:
        pair = np.ones((1, 2))
    elif count == 2:
        pair = np.eye(2)
    elif _is_discrete(names):
        pair = np.full((count, 2), max(1 / math.sqrt(count), LEAST_WEIGHT))
    else:
        pair = np.array([_position_weights(name) for name in names])
    weights = pair if output == "stereo" else pair.mean(axis=1, keepdims=True)
    return weights.astype(np.float32)


class ChannelMixer:
    """Mixes the frames of one format into mono or stereo frames, in constant memory.

    Frames come out in order and without a shift in time; up to two blocks of 20 ms are
    held back until `flush`. Raises MediaRefused("too_many_channels").
    """

    def __init__(self, like: AudioFrame, output: OutputLayout) -> None:
        count = like.layout.nb_channels
        check_channels(count)
        self._rate, self._output = like.sample_rate, output
        # libswresample takes these as mono and left and right, which is what they are.
        plain = ("mono", "stereo", "1 channels", "2 channels")
        self._passes_through = like.layout.name in plain
        self._weights = channel_weights(_names(like.layout), output)
        # PyAV reads planes of planar frames past their end from eight channels on:
        # frames are interleaved by libswresample before numpy sees them.
        self._interleave = av.AudioResampler("flt", like.layout.name, like.sample_rate)
        self._limiter = Limiter(like.sample_rate, self._weights.shape[1])

    def mix(self, frame: AudioFrame) -> list[AudioFrame]:
        """Return the frames that are complete after this input frame."""
        frame.pts = None
        if self._passes_through:
            return [_repaired(frame)]
        mixed = []
        for one in self._interleave.resample(frame):
            samples = one.to_ndarray().reshape(-1, len(self._weights))
            # Not-a-number would make everything after it silent.
            bounded = np.clip(_finite(samples), -_HIGHEST_SAMPLE, _HIGHEST_SAMPLE)
            mixed += self._frames(self._limiter.add(bounded @ self._weights))
        return mixed

    def silence(self, like: AudioFrame, seconds: float) -> Iterator[tuple[int, list[AudioFrame]]]:
        """Yield (samples, frames) of at most a second each until `seconds` are filled."""
        left = round(seconds * self._rate)
        while left > 0:
            count = min(left, self._rate)
            left -= count
            if self._passes_through:
                yield count, [_silent_frame(like, count)]
            else:
                zeros = np.zeros((count, self._weights.shape[1]), np.float32)
                yield count, self._frames(self._limiter.add(zeros))

    def flush(self) -> list[AudioFrame]:
        """Return the frames held back; the mixer cannot be used afterwards."""
        return self._frames(self._limiter.flush())

    def _frames(self, samples: NDArray[np.float32]) -> list[AudioFrame]:
        if not len(samples):
            return []
        frame = sound_frame(samples, rate=self._rate, layout=self._output, at=0)
        frame.pts = None
        return [frame]


class Limiter:
    """A limiter with one block of look-ahead; samples below the ceiling are unchanged.

    Each block of 20 ms has the gain that its highest sample needs. Between blocks the gain
    moves along a line whose ends are no higher than both neighbours need, so no sample
    exceeds the ceiling and no step is audible. It rises by at most 0.5 dB per block.
    The blocks are counted from the first sample: the result does not depend on how the
    samples are cut into calls.
    """

    def __init__(self, rate: int, channels: int) -> None:
        # A header may claim any rate; a block stays small.
        self._size = max(1, min(rate, _HIGHEST_RATE) // _BLOCKS_PER_S)
        self._held = np.zeros((0, channels), np.float32)
        self._ramp = (np.arange(self._size, dtype=np.float32) / np.float32(self._size))[:, None]
        self._gain: float | None = None  # at the first sample that is held

    def add(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        """Return the samples whose gain is known by now."""
        self._held = np.concatenate([self._held, samples.astype(np.float32, copy=False)])
        size, done = self._size, []
        count = len(self._held) // size - 1
        for start in range(0, count * size, size):
            following = self._held[start + size : start + 2 * size]
            done.append(self._apply_gain(self._held[start : start + size], following))
        self._held = self._held[max(0, count) * size :]
        return np.concatenate(done) if done else self._held[:0]

    def flush(self) -> NDArray[np.float32]:
        """Return the last samples, fewer than two blocks."""
        first, last = self._held[: self._size], self._held[self._size :]
        self._held = self._held[:0]
        parts = [self._apply_gain(first, last if len(last) else first)] if len(first) else []
        parts += [self._apply_gain(last, last)] if len(last) else []
        return np.concatenate(parts) if parts else self._held

    def _apply_gain(
        self, block: NDArray[np.float32], following: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        needed = _gain_needed(block)
        start = needed if self._gain is None else self._gain
        end = min(needed, _gain_needed(following), start * _RISE_PER_BLOCK)
        self._gain = end
        if start == end == 1.0:
            return block
        gain = np.float32(start) + np.float32(end - start) * self._ramp[: len(block)]
        turned_down: NDArray[np.float32] = block * gain
        return turned_down


def check_channels(count: int) -> None:
    """Raise MediaRefused for more channels than libswresample can take."""
    if count > limits.MOST_CHANNELS:
        raise MediaRefused("too_many_channels", f"{count} channels")


def _names(layout: AudioLayout) -> list[str]:
    return [channel.name for channel in layout.channels]


def _is_discrete(names: Sequence[str]) -> bool:
    """Return whether a channel has no speaker position, as in ambisonics or a plain track."""
    return not all(name in _POSITIONS for name in names)


def _position_weights(name: str) -> tuple[float, float]:
    """Left and right share of a position, after ITU-R BS.775-3, annex 4."""
    if name == "FC":
        return math.sqrt(0.5), math.sqrt(0.5)
    if name in _MIDDLE:
        return 0.5, 0.5
    weight = 1.0 if name in _FULL else math.sqrt(0.5)
    return (weight, 0.0) if name in _LEFT else (0.0, weight)


def _gain_needed(block: NDArray[np.float32]) -> float:
    highest = float(np.abs(block).max())
    return min(1.0, CEILING / highest) if highest > 0 else 1.0


def _finite(samples: NDArray[Any]) -> NDArray[Any]:
    """Replace not-a-number and infinity by silence."""
    finite: NDArray[Any] = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    return finite


def _repaired(frame: AudioFrame) -> AudioFrame:
    """Return the frame, or a finite copy if it has float samples that are no numbers.

    AAC refuses such a frame, and the speech engine would get a click at full scale.
    """
    if not frame.format.name.startswith(("flt", "dbl")):
        return frame
    samples = frame.to_ndarray()
    if np.isfinite(samples).all():
        return frame
    form, layout = frame.format.name, frame.layout.name
    clean = AudioFrame.from_ndarray(_finite(samples), format=form, layout=layout)
    clean.sample_rate = frame.sample_rate
    return clean


def _silent_frame(like: AudioFrame, samples: int) -> AudioFrame:
    frame = AudioFrame(like.format.name, like.layout.name, samples)
    frame.sample_rate = like.sample_rate
    silence = 0x80 if like.format.name.startswith("u8") else 0
    for plane in frame.planes:
        plane.update(bytes([silence]) * plane.buffer_size)
    return frame
