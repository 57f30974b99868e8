"""Recipe of the access copy: small, of even loudness, playable in any browser.

Sound: AAC at a constant 96 kbit/s in m4a; mono stays mono, stereo stays stereo, discrete
tracks become mono and a layout of speakers stereo (`media/mixing.py`). Film: H.264 of at most 720
lines, CRF 23, yuv420p, with that sound, in mp4. Both have their index first (faststart),
so a player can seek before the file is complete. Loudness is measured in a first pass
(`media/loudness.py`) and changed by one factor.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from media.derivatives.base import (
    Progress,
    RecipeOutput,
    atomic_write,
)
from media.derivatives.errors import as_derivative_refused
from media.errors import DerivativeRefused, MediaRefused
from media.film import TICKS_PER_S, FilmReader
from media.loudness import Loudness, LoudnessMeter, sound_frame
from media.mixing import OutputLayout, output_layout
from media.safe_open import open_media, sound_stream
from media.sound import SoundReader

SOUND_BITS_PER_S = 96_000
MOST_LINES = 720
CRF = "23"
# "veryfast" makes files about a tenth larger than "medium", in a fifth of the time.
PRESET = "veryfast"
_FRAME_SAMPLES = 1024
# (seconds encoded so far, packets since the previous step)
_EncoderStep = Iterator[tuple[float, "list[Packet[Any]]"]]


def make(source: Path, target_dir: Path, progress: Progress) -> RecipeOutput:
    """Encode the access copy: two passes over the sound, one over the film.

    When only one of the two can be decoded, the copy contains that one.
    """
    with as_derivative_refused():
        has_sound, rate, layout = _sound_shape(source)
        film = _open_film(source)
        loudness = None
        try:
            if has_sound:
                loudness = _measure(source, rate, layout, lambda f: progress(f * 0.25))
        except MediaRefused as refused:
            if film is None or refused.code != "undecodable":
                raise
        if film is None and loudness is None:
            raise DerivativeRefused("nothing_to_play", "neither sound nor film")
        copy = _AccessCopyEncoder(source, rate=rate, layout=layout, loudness=loudness, film=film)
        target = target_dir / ("access_copy.mp4" if film else "access_copy.m4a")
        with atomic_write(target) as temp:
            copy.write(temp, lambda f: progress(0.25 + f * 0.74))
    progress(1.0)
    return RecipeOutput(
        path=target, media_type="video/mp4" if film else "audio/mp4", detail=copy.detail()
    )


def _open_film(source: Path) -> FilmReader | None:
    try:
        return FilmReader(source, max_lines=MOST_LINES)
    except MediaRefused as refused:
        if refused.code in ("no_picture", "undecodable"):
            return None
        raise


def _sound_shape(source: Path) -> tuple[bool, int, OutputLayout]:
    with open_media(source) as container:
        sound = sound_stream(container)
        rate = 44_100 if sound is not None and sound.sample_rate == 44_100 else 48_000
        layout = "mono" if sound is None else output_layout(sound.layout)
        return sound is not None, rate, layout


def _measure(source: Path, rate: int, layout: OutputLayout, progress: Progress) -> Loudness:
    meter = LoudnessMeter(rate=rate, layout=layout)
    for samples, fraction in _sound(source, rate, layout):
        meter.add(samples)
        progress(fraction)
    return meter.result()


def _sound(source: Path, rate: int, layout: OutputLayout) -> Iterator[tuple[NDArray[Any], float]]:
    with SoundReader(source, rate=rate, layout=layout, sample_format="flt") as reader:
        for samples in reader:
            yield samples, reader.fraction


class _AccessCopyEncoder:
    """The second pass: encodes sound and film interleaved by time."""

    def __init__(
        self,
        source: Path,
        *,
        rate: int,
        layout: OutputLayout,
        loudness: Loudness | None,
        film: FilmReader | None,
    ) -> None:
        self._source, self._rate, self._layout = source, rate, layout
        self._loudness, self._film = loudness, film
        self._factor = 10 ** (loudness.gain_db / 20) if loudness else 1.0
        self._samples = 0
        self._fraction = 0.0

    def write(self, target: Path, progress: Progress) -> None:
        """Encode everything into `target`."""
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        container_name = "mp4" if self._film is not None else "ipod"
        with av.open(str(target), "w", format=container_name, options=options) as out:
            lanes: list[tuple[float, _EncoderStep]] = []
            if self._film is not None:
                lanes.append((0.0, self._encoded_film(_film_out(out, self._film), self._film)))
            if self._loudness is not None:
                lanes.append((0.0, self._encoded_sound(self._sound_out(out))))
            while lanes:
                # Continue with the stream that is behind, so that few packets wait in memory.
                lanes.sort(key=lambda lane: lane[0])
                _, lane = lanes.pop(0)
                for at_s, packets in lane:
                    out.mux(packets)
                    lanes.append((at_s, lane))
                    break
                progress(self._fraction)

    def detail(self) -> dict[str, Any]:
        """Return the measurements and settings for the event."""
        facts: dict[str, Any] = {"duration_ms": self._samples * 1000 // self._rate}
        if self._loudness is not None:
            facts |= {
                "loudness_lufs": round(self._loudness.integrated_lufs, 2),
                "loudness_range_lu": round(self._loudness.range_lu, 2),
                "true_peak_db": round(self._loudness.true_peak_db, 2),
                "gain_db": round(self._loudness.gain_db, 2),
            }
        if self._film is not None:
            facts["width"], facts["height"] = self._film.size
            facts["duration_ms"] = max(facts["duration_ms"], self._film.last_ms)
            facts["damaged_packets"] = self._film.damaged_packets
        return facts

    def _sound_out(self, out: OutputContainer) -> AudioStream:
        stream = out.add_stream("aac", rate=self._rate, layout=self._layout)
        stream.bit_rate = SOUND_BITS_PER_S
        stream.codec_context.flags |= Flags.bitexact
        return stream

    def _encoded_sound(self, stream: AudioStream) -> _EncoderStep:
        for samples in self._aac_frames():
            planar = sound_frame(
                samples * np.float32(self._factor),
                rate=self._rate,
                layout=self._layout,
                at=self._samples,
                planar=True,
            )
            self._samples += len(samples)
            yield self._samples / self._rate, stream.encode(planar)
        yield self._samples / self._rate, stream.encode(None)

    def _aac_frames(self) -> Iterator[NDArray[Any]]:
        """Yield the sound in frames of 1024 samples, as AAC needs; the last may be shorter."""
        held: list[NDArray[Any]] = []
        size = 0
        for samples, fraction in _sound(self._source, self._rate, self._layout):
            self._fraction = fraction
            held.append(samples)
            size += len(samples)
            if size < _FRAME_SAMPLES:
                continue
            joined = np.concatenate(held)
            whole = size - size % _FRAME_SAMPLES
            for start in range(0, whole, _FRAME_SAMPLES):
                yield joined[start : start + _FRAME_SAMPLES]
            held, size = [joined[whole:]], size - whole
        if size:
            yield np.concatenate(held)

    def _encoded_film(self, stream: VideoStream, film: FilmReader) -> _EncoderStep:
        with film:
            for frame in film:
                if self._loudness is None:
                    self._fraction = film.fraction
                yield film.last_ms / 1000, stream.encode(frame)
        yield film.last_ms / 1000, stream.encode(None)


def _film_out(out: OutputContainer, film: FilmReader) -> VideoStream:
    stream = out.add_stream("libx264", rate=film.rate)
    stream.width, stream.height = film.size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = Fraction(1, TICKS_PER_S)
    # Without the last one x264's choices depend on the processor, and even on where in memory
    # a frame lies: the same film would give other bytes.
    stream.options = {
        "crf": CRF,
        "preset": PRESET,
        "profile": "high",
        "x264-params": "cpu-independent=1",
    }
    stream.codec_context.flags |= Flags.bitexact
    return stream
