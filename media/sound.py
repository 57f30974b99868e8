"""Decode sound into a stream of samples with correct times, in constant memory.

Transcription, peaks and access copies all use this module, so a word is at the same
millisecond in each of them. Gaps of a damaged tape are filled with silence and counted;
implausible jumps of its time stamps are ignored (`timestamps.py`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from media import limits
from media.errors import MediaRefused
from media.mixing import ChannelMixer, OutputLayout, check_channels
from media.packets import StreamReader
from media.safe_open import film_stream, open_media, sound_stream
from media.timestamps import TimestampNormaliser

SPEECH_RATE = 16_000
# Time stamps jitter by a codec frame; only a longer gap is filled.
_MIN_GAP_S = 0.08
_Format = Literal["s16", "flt"]


class SoundReader(StreamReader[AudioFrame]):
    """Iterator over the sound of one file as arrays shaped (samples, channels).

    `damaged_packets` and `filled_ms` are final once the iteration has ended. Use as a
    context manager or let the iteration run out; both close the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        rate: int = SPEECH_RATE,
        layout: OutputLayout = "mono",
        sample_format: _Format = "s16",
    ) -> None:
        container = open_media(path)
        stream = sound_stream(container)
        if stream is None:
            container.close()
            raise MediaRefused("no_sound", "no stream of sound")
        try:
            check_channels(stream.channels)
        except MediaRefused:
            container.close()
            raise
        super().__init__(container, stream, path)
        self._rate, self._layout, self._format = rate, layout, sample_format
        self._channels = 1 if layout == "mono" else 2
        self._mixer: ChannelMixer | None = None
        self._resampler: av.AudioResampler | None = None
        self._shape: tuple[str, str, int] | None = None
        # A film's picture may begin before its sound; both count from the earlier one.
        start = container.start_time
        film = film_stream(container)
        self._clock = TimestampNormaliser(
            start / 1e6 if film is not None and start is not None else None
        )
        self._position_s = 0.0
        self._out_samples = 0
        self.filled_ms = 0

    @property
    def decoded_ms(self) -> int:
        """Return the duration of the sound yielded so far."""
        return self._out_samples * 1000 // self._rate

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Yield arrays in order of time.

        Raises MediaRefused: "undecodable" when no sample could be decoded, "too_long"
        beyond the limit.
        """
        try:
            for frame in self._decode():
                yield from self._place_frame(frame)
            yield from self._flush()
            if self._out_samples == 0:
                raise MediaRefused("undecodable", f"{self.damaged_packets} damaged packets")
        finally:
            self.close()

    def _place_frame(self, frame: AudioFrame) -> Iterator[NDArray[Any]]:
        if not frame.samples or not frame.sample_rate:
            return
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:  # the first frame, or a change of format
            yield from self._flush()
            self._mixer = ChannelMixer(frame, self._layout)
            self._resampler = av.AudioResampler(self._format, self._layout, self._rate)
            self._shape = shape
        assert self._mixer is not None
        gap_s = self._clock.to_seconds(frame.time, expected_s=self._position_s) - self._position_s
        if gap_s > _MIN_GAP_S:
            self.filled_ms += round(gap_s * 1000)
            for count, silent in self._mixer.silence(frame, gap_s):
                self._position_s += count / frame.sample_rate
                yield from self._resampled(silent)
        self._position_s += frame.samples / frame.sample_rate
        if self._position_s * 1000 > limits.LONGEST_SOUND_MS:
            raise MediaRefused("too_long", f"more than {limits.LONGEST_SOUND_MS} ms of sound")
        with self._codec_errors_refused():
            mixed = self._mixer.mix(frame)
        yield from self._resampled(mixed)

    def _flush(self) -> Iterator[NDArray[Any]]:
        if self._mixer is not None:
            yield from self._resampled([*self._mixer.flush(), None])

    def _resampled(self, mixed: Sequence[AudioFrame | None]) -> Iterator[NDArray[Any]]:
        """Convert mixed frames; None flushes the resampler."""
        assert self._resampler is not None
        for frame in mixed:
            with self._codec_errors_refused():
                converted = self._resampler.resample(frame)
            for one in converted:
                samples = one.to_ndarray().reshape(-1, self._channels)
                self._out_samples += len(samples)
                yield samples

    @contextlib.contextmanager
    def _codec_errors_refused(self) -> Iterator[None]:
        try:
            yield
        except MemoryError:
            raise
        except av.error.FFmpegError as error:
            raise MediaRefused("undecodable", f"sound of the form {self._shape}") from error


class PcmBlocks:
    """Iterator over int16 blocks of equal length; the last may be shorter."""

    def __init__(self, path: Path, *, block_ms: int) -> None:
        self._reader = SoundReader(path)
        self._blocks = self._reblocked(block_ms * SPEECH_RATE // 1000)

    def __iter__(self) -> Iterator[NDArray[np.int16]]:
        return self

    def __next__(self) -> NDArray[np.int16]:
        return next(self._blocks)

    @property
    def damaged_packets(self) -> int:
        """Return the number of packets that could not be read or decoded so far."""
        return self._reader.damaged_packets

    @property
    def filled_ms(self) -> int:
        """Return the duration of the silence inserted for lost sound so far."""
        return self._reader.filled_ms

    @property
    def decoded_ms(self) -> int:
        """Return the duration yielded so far; at the end, that of the recording."""
        return self._reader.decoded_ms

    @property
    def fraction(self) -> float:
        """Return the progress from 0 to 1."""
        return self._reader.fraction

    def close(self) -> None:
        """Stop decoding and close the file."""
        self._blocks.close()
        self._reader.close()

    def _reblocked(self, size: int) -> Generator[NDArray[np.int16], None, None]:
        with self._reader:
            pending: list[NDArray[np.int16]] = []
            held = 0
            for samples in self._reader:
                pending.append(samples[:, 0])
                held += len(samples)
                if held >= size:
                    joined = np.concatenate(pending)
                    for start in range(0, held - size + 1, size):
                        yield joined[start : start + size].copy()
                    rest = joined[held - held % size :].copy()
                    pending, held = [rest], len(rest)
            if held:
                yield np.concatenate(pending)


def pcm_blocks(path: Path, *, block_ms: int = 30_000) -> PcmBlocks:
    """Return the sound as 16 kHz mono int16 blocks of `block_ms`; the last may be shorter.

    Raises MediaRefused (unreadable, no_sound) at once, and (undecodable, too_long) during
    the iteration.
    """
    return PcmBlocks(path, block_ms=block_ms)


class PcmSpans:
    """Iterator over the samples of time spans; made by `pcm_spans`."""

    def __init__(self, path: Path, spans: Sequence[tuple[int, int]]) -> None:
        starts = [start for start, _ in spans]
        if any(end < start or start < 0 for start, end in spans) or starts != sorted(starts):
            raise ValueError("spans must ascend and not end before they start")
        self._blocks = pcm_blocks(path, block_ms=1000)
        self._spans = [(a * SPEECH_RATE // 1000, b * SPEECH_RATE // 1000) for a, b in spans]
        self._arrays = self._read_spans()

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return self

    def __next__(self) -> NDArray[np.float32]:
        return next(self._arrays)

    @property
    def damaged_packets(self) -> int:
        """Return the number of packets that could not be read or decoded so far."""
        return self._blocks.damaged_packets

    def close(self) -> None:
        """Stop decoding and close the file."""
        self._arrays.close()
        self._blocks.close()

    def _read_spans(self) -> Generator[NDArray[np.float32], None, None]:
        held = np.zeros(0, np.int16)
        first = 0  # the number of the first sample that is held
        for start, end in self._spans:
            blocks = [held[max(0, start - first) :]]
            first = max(first, min(start, first + len(held)))
            last = first + len(blocks[0])
            while last < end and (block := next(self._blocks, None)) is not None:
                if last + len(block) <= start:
                    first = last = last + len(block)
                    continue
                skipped = max(0, start - last)
                blocks.append(block[skipped:])
                first, last = first + skipped, last + len(block)
            held = np.concatenate(blocks)
            yield held[: max(0, end - first)].astype(np.float32) / np.float32(32768)
        self._blocks.close()


def pcm_spans(path: Path, spans: Sequence[tuple[int, int]]) -> PcmSpans:
    """Return the samples of each (start_ms, end_ms) as 16 kHz mono float32 in -1..1.

    Spans ascend by their start and may overlap. The file is decoded once from its start,
    because seeking without an index is inexact. A span past the end is shorter or empty.
    Memory: the longest span and a second.
    """
    return PcmSpans(path, spans)
