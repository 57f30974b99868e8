"""Moving pictures as frames that are ready to be seen: upright, progressive, square pixels.

They share the clock of `sound.py`, so lips and voice stay together. As there, what cannot
be decoded is counted and passed over.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from media import limits
from media.clock import Clock
from media.opening import (
    check_dimensions,
    film_stream,
    open_media,
    sound_stream,
)
from media.refusals import MediaRefused

TICKS_PER_S = 90_000
_MOST_FRAMES_PER_S = 60
_MOST_READ_ERRORS = 1000


class FilmReader:
    """The frames of one film, in yuv420p, at most `most_lines` high (or wide, when upright).

    Making it decodes the first frame: it raises MediaRefused (unreadable, no_picture,
    undecodable, too_many_pixels). `pts` of a frame counts TICKS_PER_S from the beginning of the
    recording and always grows. `last_ms`, `damaged_packets` and `fraction` follow along.
    """

    def __init__(self, path: Path, *, most_lines: int) -> None:
        self._container = open_media(path)
        try:
            self._stream = _decodable(self._container)
            self._size_bytes = max(1, path.stat().st_size)
            self._read_bytes = 0
            self.damaged_packets = 0
            self.last_ms = 0
            start = self._container.start_time
            with_sound = sound_stream(self._container) is not None
            self._clock = Clock(start / 1e6 if with_sound and start is not None else None)
            self.rate = _frames_per_s(self._stream)
            self._frames = self._decode()
            first = next(self._frames, None)
            if first is None:
                raise MediaRefused("undecodable", f"{self.damaged_packets} damaged packets")
            self._first = first
            self.size = _fitting(first, self._stream, most_lines)
        except BaseException:
            self._container.close()
            raise

    @property
    def fraction(self) -> float:
        """How far the reading is, 0..1, by the place in the file."""
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
        self._frames.close()
        self._container.close()

    def __iter__(self) -> Iterator[VideoFrame]:
        """Raises MediaRefused("too_long") for a film without end."""
        last, at_s = -1, 0.0
        step_s = float(1 / self.rate)
        for frame in self._seen():
            at_s = self._clock.place_s(frame.time, expected_s=at_s)
            ticks = round(at_s * TICKS_PER_S)
            at_s += step_s
            if at_s * 1000 > limits.LONGEST_SOUND_MS:
                raise MediaRefused("too_long", f"more than {limits.LONGEST_SOUND_MS} ms of film")
            if last >= 0 and ticks < last + TICKS_PER_S // (_MOST_FRAMES_PER_S + 1):
                continue
            last = max(0, ticks)
            frame.pts, frame.time_base = last, Fraction(1, TICKS_PER_S)
            self.last_ms = round(at_s * 1000)
            yield frame

    def _seen(self) -> Iterator[VideoFrame]:
        """Every frame after the filters; these are made anew when the picture changes its form."""
        graph, form = None, None
        frame: VideoFrame | None = self._first
        while frame is not None:
            now = (frame.width, frame.height, frame.format.name, frame.rotation)
            if now != form:
                check_dimensions(frame.width, frame.height)
                if graph is not None:
                    yield from _pulled(graph, None)
                graph, form = self._graph(frame), now
            assert graph is not None
            yield from _pulled(graph, frame)
            frame = next(self._frames, None)
        if graph is not None:
            yield from _pulled(graph, None)

    def _decode(self) -> Generator[VideoFrame, None, None]:
        errors = 0
        while errors < _MOST_READ_ERRORS:
            try:
                for packet in self._container.demux(self._stream):
                    self._read_bytes = max(self._read_bytes, packet.pos or 0)
                    yield from self._decoded(packet)
                return
            except MemoryError:
                raise
            except av.error.FFmpegError:
                errors += 1
                self.damaged_packets += 1

    def _decoded(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        try:
            return packet.decode()
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError):
            self.damaged_packets += 1
            return []

    def _graph(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        time_base = frame.time_base or self._stream.time_base or Fraction(1, TICKS_PER_S)
        nodes = [
            graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=time_base
            ),
            graph.add("yadif", "deint=interlaced"),
        ]
        for turn in _turns(frame.rotation):
            nodes.append(graph.add("transpose", turn))
        nodes += [
            graph.add("scale", f"{self.size[0]}:{self.size[1]}"),
            graph.add("setsar", "1"),
            graph.add("format", "yuv420p"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph


def upright_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Width and height as they are meant to be seen: square pixels, the right way up."""
    ratio = stream.sample_aspect_ratio or Fraction(1)
    if not Fraction(1, 8) <= ratio <= 8:
        ratio = Fraction(1)
    width, height = max(1, round(frame.width * ratio)), frame.height
    return (height, width) if frame.rotation % 180 == 90 else (width, height)


def _decodable(container: InputContainer) -> VideoStream:
    stream = film_stream(container)
    if stream is None:
        raise MediaRefused("no_picture", "no moving picture")
    check_dimensions(stream.width, stream.height)
    # The decoder refuses what grows beyond this in the middle.
    stream.codec_context.options = {"max_pixels": str(limits.MOST_VIDEO_PIXELS)}
    stream.thread_type = "AUTO"
    return stream


def _fitting(frame: VideoFrame, stream: VideoStream, most_lines: int) -> tuple[int, int]:
    width, height = upright_size(frame, stream)
    factor = min(1.0, most_lines / min(width, height), most_lines * 16 / 9 / max(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def _frames_per_s(stream: VideoStream) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    return min(max(Fraction(rate), Fraction(1)), Fraction(_MOST_FRAMES_PER_S))


def _turns(rotation: int) -> tuple[str, ...]:
    """Transpositions that undo a rotation, which is given in degrees against the clock."""
    turns = {90: ("cclock",), -270: ("cclock",), -90: ("clock",), 270: ("clock",)}
    return ("clock", "clock") if abs(rotation) == 180 else turns.get(rotation, ())


def _pulled(graph: Graph, frame: VideoFrame | None) -> Iterator[VideoFrame]:
    graph.vpush(frame)
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
