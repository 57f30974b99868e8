"""Decoded sound as a stream of samples on one clock, in constant memory.

Transcription, peaks and access copies all read through here, so a word is at the same
millisecond in each of them. What a damaged tape lost is filled with silence and counted;
what a broken clock claims (an hour of nothing) is not believed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.packet import Packet
from numpy.typing import NDArray

from media import limits
from media.clock import Clock
from media.opening import film_stream, open_media, sound_stream
from media.refusals import MediaRefused

SPEECH_RATE = 16_000
# Time stamps tremble by a codec frame; only a real hole is filled.
_LEAST_HOLE_S = 0.08
_MOST_READ_ERRORS = 1000
_Layout = Literal["mono", "stereo"]
_Format = Literal["s16", "flt"]


class SoundReader:
    """The sound of one file as arrays shaped (samples, channels), in the order of time.

    `damaged_packets` and `filled_ms` are right once the iteration has ended. Use as a
    context manager or let the iteration run out; both close the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        rate: int = SPEECH_RATE,
        layout: _Layout = "mono",
        sample_format: _Format = "s16",
    ) -> None:
        self._container = open_media(path)
        stream = sound_stream(self._container)
        if stream is None:
            self._container.close()
            raise MediaRefused("no_sound", "no stream of sound")
        self._stream = stream
        self._size_bytes = max(1, path.stat().st_size)
        self._rate, self._layout, self._format = rate, layout, sample_format
        self._channels = 1 if layout == "mono" else 2
        self._resampler: av.AudioResampler | None = None
        self._shape: tuple[str, str, int] | None = None
        # A film's picture may begin before its sound; both count from the earlier one.
        start = self._container.start_time
        film = film_stream(self._container)
        self._clock = Clock(start / 1e6 if film is not None and start is not None else None)
        self._heard_s = 0.0
        self._read_bytes = 0
        self._out_samples = 0
        self.damaged_packets = 0
        self.filled_ms = 0

    @property
    def heard_ms(self) -> int:
        """How much sound has been given so far."""
        return self._out_samples * 1000 // self._rate

    @property
    def fraction(self) -> float:
        """How far the reading is, 0..1, by the place in the file: durations lie."""
        return min(1.0, self._read_bytes / self._size_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._container.close()

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Raises MediaRefused("undecodable") when not one sample could be decoded, and
        MediaRefused("too_long") for sound without end."""
        try:
            for packet in self._packets():
                self._read_bytes = max(self._read_bytes, packet.pos or 0)
                for frame in self._decoded(packet):
                    yield from self._on_clock(frame)
            yield from self._resampled(None)
            if self._out_samples == 0:
                raise MediaRefused("undecodable", f"{self.damaged_packets} damaged packets")
        finally:
            self.close()

    def _packets(self) -> Iterator[Packet[Any]]:
        """Packets to the end, over places that cannot be read."""
        errors = 0
        while errors < _MOST_READ_ERRORS:
            try:
                yield from self._container.demux(self._stream)
                return
            except MemoryError:
                raise
            except av.error.FFmpegError:
                errors += 1
                self.damaged_packets += 1

    def _decoded(self, packet: Packet[Any]) -> list[AudioFrame]:
        try:
            return cast("list[AudioFrame]", packet.decode())
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError):
            self.damaged_packets += 1
            return []

    def _on_clock(self, frame: AudioFrame) -> Iterator[NDArray[Any]]:
        if not frame.samples or not frame.sample_rate:
            return
        hole_s = self._clock.place_s(frame.time, expected_s=self._heard_s) - self._heard_s
        if hole_s > _LEAST_HOLE_S:
            self.filled_ms += round(hole_s * 1000)
            for silence in _silence(frame, hole_s):
                self._heard_s += silence.samples / silence.sample_rate
                yield from self._resampled(silence)
        self._heard_s += frame.samples / frame.sample_rate
        if self._heard_s * 1000 > limits.LONGEST_SOUND_MS:
            raise MediaRefused("too_long", f"more than {limits.LONGEST_SOUND_MS} ms of sound")
        yield from self._resampled(frame)

    def _resampled(self, frame: AudioFrame | None) -> Iterator[NDArray[Any]]:
        frames: list[AudioFrame] = []
        if frame is not None:
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            if shape != self._shape:  # the first frame, or a recorder that changed its mind
                if self._resampler is not None:
                    frames += self._resampler.resample(None)
                self._resampler = av.AudioResampler(self._format, self._layout, self._rate)
                self._shape = shape
            frame.pts = None
        try:
            if self._resampler is not None:
                frames += self._resampler.resample(frame)
        except MemoryError:
            raise
        except av.error.FFmpegError as error:
            raise MediaRefused("undecodable", f"sound of the form {self._shape}") from error
        for one in frames:
            samples = one.to_ndarray().reshape(-1, self._channels)
            self._out_samples += len(samples)
            yield samples


def _silence(like: AudioFrame, seconds: float) -> Iterator[AudioFrame]:
    """Frames of at most a second each, in the format of `like`."""
    left = round(seconds * like.sample_rate)
    rest = 0x80 if like.format.name.startswith("u8") else 0
    while left > 0:
        frame = AudioFrame(like.format.name, like.layout.name, min(left, like.sample_rate))
        frame.sample_rate = like.sample_rate
        for plane in frame.planes:
            plane.update(bytes([rest]) * plane.buffer_size)
        left -= frame.samples
        yield frame


class PcmBlocks:
    """An iterator over int16 blocks; `damaged_packets`, `filled_ms` and `heard_ms` tell
    what was met on the way."""

    def __init__(self, path: Path, *, block_ms: int) -> None:
        self._reader = SoundReader(path)
        self._blocks = self._reblocked(block_ms * SPEECH_RATE // 1000)

    def __iter__(self) -> Iterator[NDArray[np.int16]]:
        return self

    def __next__(self) -> NDArray[np.int16]:
        return next(self._blocks)

    @property
    def damaged_packets(self) -> int:
        """Packets that could not be read or decoded, up to here."""
        return self._reader.damaged_packets

    @property
    def filled_ms(self) -> int:
        """Silence that stands in for lost sound, up to here."""
        return self._reader.filled_ms

    @property
    def heard_ms(self) -> int:
        """Sound given so far; at the end this is the true duration."""
        return self._reader.heard_ms

    @property
    def fraction(self) -> float:
        """How far the reading is, 0..1."""
        return self._reader.fraction

    def close(self) -> None:
        """Stop before the end."""
        self._blocks.close()
        self._reader.close()

    def _reblocked(self, size: int) -> Generator[NDArray[np.int16], None, None]:
        with self._reader:
            waiting: list[NDArray[np.int16]] = []
            held = 0
            for samples in self._reader:
                waiting.append(samples[:, 0])
                held += len(samples)
                if held >= size:
                    joined = np.concatenate(waiting)
                    for start in range(0, held - size + 1, size):
                        yield joined[start : start + size].copy()
                    rest = joined[held - held % size :].copy()
                    waiting, held = [rest], len(rest)
            if held:
                yield np.concatenate(waiting)


def pcm_blocks(path: Path, *, block_ms: int = 30_000) -> PcmBlocks:
    """The sound as 16 kHz mono int16, in blocks of `block_ms`; the last may be shorter.

    Raises MediaRefused (unreadable, no_sound) at once, and (undecodable, too_long) while
    it runs.
    """
    return PcmBlocks(path, block_ms=block_ms)


class PcmSpans:
    """An iterator over float32 spans; see `pcm_spans`."""

    def __init__(self, path: Path, spans: Sequence[tuple[int, int]]) -> None:
        starts = [start for start, _ in spans]
        if any(end < start or start < 0 for start, end in spans) or starts != sorted(starts):
            raise ValueError("spans must ascend and not end before they start")
        self._blocks = pcm_blocks(path, block_ms=1000)
        self._spans = [(a * SPEECH_RATE // 1000, b * SPEECH_RATE // 1000) for a, b in spans]
        self._given = self._cut()

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return self

    def __next__(self) -> NDArray[np.float32]:
        return next(self._given)

    @property
    def damaged_packets(self) -> int:
        """Packets that could not be read or decoded, up to here."""
        return self._blocks.damaged_packets

    def close(self) -> None:
        """Stop before the end."""
        self._given.close()
        self._blocks.close()

    def _cut(self) -> Generator[NDArray[np.float32], None, None]:
        held = np.zeros(0, np.int16)
        first = 0  # the number of the first sample that is held
        for start, end in self._spans:
            pieces = [held[max(0, start - first) :]]
            first = max(first, min(start, first + len(held)))
            last = first + len(pieces[0])
            while last < end and (block := next(self._blocks, None)) is not None:
                if last + len(block) <= start:
                    first = last = last + len(block)
                    continue
                skipped = max(0, start - last)
                pieces.append(block[skipped:])
                first, last = first + skipped, last + len(block)
            held = np.concatenate(pieces)
            yield held[: max(0, end - first)].astype(np.float32) / np.float32(32768)
        self._blocks.close()


def pcm_spans(path: Path, spans: Sequence[tuple[int, int]]) -> PcmSpans:
    """For each (start_ms, end_ms) its samples as 16 kHz mono float32 in -1..1.

    Spans ascend by their start and may overlap; the file is decoded once, from its
    beginning, because seeking in a tape without an index is off by what nobody knows. What lies
    past the end is shorter or empty. Memory: the longest span and a second.
    """
    return PcmSpans(path, spans)
