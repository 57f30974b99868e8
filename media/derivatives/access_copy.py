"""The copy that everybody hears: small, even in loudness, and playable in any browser.

Sound: AAC at a constant 96 kbit/s in m4a, mono stays mono. Film: H.264 of at most 720
lines, CRF 23, yuv420p, with that sound, in mp4. Both begin with their index (faststart),
so a player can leap before everything has come. Loudness is measured in a first pass
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
    Made,
    Progress,
    Recipe,
    written_whole,
)
from media.derivatives.refusing import refusing
from media.film import TICKS_PER_S, FilmReader
from media.loudness import Loudness, LoudnessMeter, sound_frame
from media.opening import open_media, sound_stream
from media.refusals import DerivativeRefused, MediaRefused
from media.signatures import Kind
from media.sound import SoundReader

SOUND_BITS_PER_S = 96_000
MOST_LINES = 720
CRF = "23"
# "veryfast" makes files about a tenth larger than "medium", in a fifth of the time.
PRESET = "veryfast"
_FRAME_SAMPLES = 1024
# What an encoder gives: how far it is, in seconds, and the packets up to there.
_Lane = Iterator[tuple[float, "list[Packet[Any]]"]]


def wants(kind: Kind) -> bool:
    """Whatever plays."""
    return kind.group in ("sound", "video")


def make(source: Path, target_dir: Path, progress: Progress) -> Made:
    """Two passes over the sound, one over the film.

    When only one of the two can be decoded, the copy has that one.
    """
    with refusing():
        has_sound, rate, layout = _shape(source)
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
        copy = _Copy(source, rate=rate, layout=layout, loudness=loudness, film=film)
        target = target_dir / ("access_copy.mp4" if film else "access_copy.m4a")
        with written_whole(target) as temp:
            copy.write(temp, lambda f: progress(0.25 + f * 0.74))
    progress(1.0)
    return Made(path=target, media_type="video/mp4" if film else "audio/mp4", detail=copy.detail())


def _open_film(source: Path) -> FilmReader | None:
    try:
        return FilmReader(source, most_lines=MOST_LINES)
    except MediaRefused as refused:
        if refused.code in ("no_picture", "undecodable"):
            return None
        raise


def _shape(source: Path) -> tuple[bool, int, str]:
    with open_media(source) as container:
        sound = sound_stream(container)
        rate = 44_100 if sound is not None and sound.sample_rate == 44_100 else 48_000
        layout = "mono" if sound is None or sound.channels == 1 else "stereo"
        return sound is not None, rate, layout


def _measure(source: Path, rate: int, layout: str, progress: Progress) -> Loudness:
    meter = LoudnessMeter(rate=rate, layout=layout)
    for samples, fraction in _sound(source, rate, layout):
        meter.add(samples)
        progress(fraction)
    return meter.result()


def _sound(source: Path, rate: int, layout: str) -> Iterator[tuple[NDArray[Any], float]]:
    reader = SoundReader(
        source, rate=rate, layout="mono" if layout == "mono" else "stereo", sample_format="flt"
    )
    with reader:
        for samples in reader:
            yield samples, reader.fraction


class _Copy:
    """The second pass: encodes sound and film side by side, in the order of time."""

    def __init__(
        self,
        source: Path,
        *,
        rate: int,
        layout: str,
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
            lanes: list[tuple[float, _Lane]] = []
            if self._film is not None:
                lanes.append((0.0, self._encoded_film(_film_out(out, self._film), self._film)))
            if self._loudness is not None:
                lanes.append((0.0, self._encoded_sound(self._sound_out(out))))
            while lanes:
                # Whoever is behind goes on, so that neither waits in memory for the other.
                lanes.sort(key=lambda lane: lane[0])
                _, lane = lanes.pop(0)
                for at_s, packets in lane:
                    out.mux(packets)
                    lanes.append((at_s, lane))
                    break
                progress(self._fraction)

    def detail(self) -> dict[str, Any]:
        """What was measured and done, for the event."""
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

    def _encoded_sound(self, stream: AudioStream) -> _Lane:
        for samples in self._pieces():
            planar = sound_frame(
                samples * np.float32(self._factor),
                rate=self._rate, layout=self._layout, at=self._samples, planar=True,
            )  # fmt: skip
            self._samples += len(samples)
            yield self._samples / self._rate, stream.encode(planar)
        yield self._samples / self._rate, stream.encode(None)

    def _pieces(self) -> Iterator[NDArray[Any]]:
        """The sound in the frames that AAC is made of; the last one may be short."""
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

    def _encoded_film(self, stream: VideoStream, film: FilmReader) -> _Lane:
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
        "crf": CRF, "preset": PRESET, "profile": "high", "x264-params": "cpu-independent=1",
    }  # fmt: skip
    stream.codec_context.flags |= Flags.bitexact
    return stream


RECIPE = Recipe(name="access_copy", version=1, wants=wants, make=make)
