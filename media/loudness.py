"""Measure loudness (EBU R 128, ITU-R BS.1770) and compute the gain of an access copy.

The whole recording is measured first and then gets one gain: a one-pass normaliser would
make breaths between sentences louder, and costs three times as much.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

TARGET_LUFS = -16.0
HIGHEST_TRUE_PEAK_DB = -1.5
# So that a tape with nothing but hiss does not become loud.
MOST_GAIN_DB = 30.0
_SILENCE_LUFS = -70.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """Integrated loudness, its range, and the true peak; silence has -70 LUFS and -120 dB."""

    integrated_lufs: float
    range_lu: float
    true_peak_db: float

    @property
    def gain_db(self) -> float:
        """Return the gain that brings speech to -16 LUFS, or as near as the true peak allows."""
        if self.integrated_lufs <= _SILENCE_LUFS:
            return 0.0
        gain = TARGET_LUFS - self.integrated_lufs
        return min(gain, HIGHEST_TRUE_PEAK_DB - self.true_peak_db, MOST_GAIN_DB)


class LoudnessMeter:
    """Measures the loudness of float32 blocks shaped (samples, channels)."""

    def __init__(self, *, rate: int, layout: str) -> None:
        self._rate, self._layout = rate, layout
        self._graph = av.filter.Graph()
        source = self._graph.add(
            "abuffer",
            f"sample_rate={rate}:sample_fmt=flt:channel_layout={layout}:time_base=1/{rate}",
        )
        meter = self._graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
        sink = self._graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        self._graph.configure()
        self._samples = 0
        self._last: dict[str, str] = {}
        self._peak = 0.0

    def add(self, samples: NDArray[Any]) -> None:
        """Measure the next block."""
        frame = sound_frame(samples, rate=self._rate, layout=self._layout, at=self._samples)
        self._samples += len(samples)
        self._graph.push(frame)
        self._read_measurements()

    def result(self) -> Loudness:
        """Return the loudness of all blocks; call once, at the end."""
        integrated = float(self._last.get("lavfi.r128.I", _SILENCE_LUFS))
        # The filter measures tenths of a second: the last one is padded so that its peak counts.
        channels = 1 if self._layout == "mono" else 2
        self.add(np.zeros((self._rate // 10, channels), np.float32))
        self._graph.push(None)
        self._read_measurements()
        return Loudness(
            integrated_lufs=max(_SILENCE_LUFS, integrated) if math.isfinite(integrated) else -70.0,
            range_lu=float(self._last.get("lavfi.r128.LRA", 0.0)),
            true_peak_db=round(20 * math.log10(max(self._peak, 1e-6)), 3),
        )

    def _read_measurements(self) -> None:
        while True:
            try:
                metered = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if metered.metadata:
                self._last = metered.metadata
                self._peak = max(self._peak, _highest(metered.metadata))


def sound_frame(
    samples: NDArray[Any], *, rate: int, layout: str, at: int, planar: bool = False
) -> AudioFrame:
    """Build a float frame for a filter, or (planar) for AAC; `at` is its first sample number."""
    if planar:
        array = np.ascontiguousarray(samples.T, dtype=np.float32)
    else:
        array = np.ascontiguousarray(samples, dtype=np.float32).reshape(1, -1)
    frame = AudioFrame.from_ndarray(array, format="fltp" if planar else "flt", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
    return frame


def _highest(metadata: dict[str, str]) -> float:
    """Return the highest true peak of all channels as a linear factor."""
    peaks = [float(v) for k, v in metadata.items() if k.startswith("lavfi.r128.true_peak")]
    return max((p for p in peaks if math.isfinite(p)), default=0.0)
