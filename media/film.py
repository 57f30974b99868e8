"""Decode video into frames ready for display: upright, progressive, square pixels.

Times are corrected as in `sound.py`, so picture and sound stay in step. Packets that
cannot be decoded are counted and skipped, as there.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from media import limits
from media.errors import MediaRefused
from media.packets import StreamReader
from media.safe_open import (
    check_dimensions,
    film_stream,
    open_media,
    sound_stream,
)
from media.timestamps import TimestampNormaliser

TICKS_PER_S = 90_000
_MOST_FRAMES_PER_S = 60


class FilmReader(StreamReader[VideoFrame]):
    """Iterator over the frames of one film in yuv420p; the short side is at most `max_lines`.

    The constructor decodes the first frame and raises MediaRefused (unreadable, no_picture,
    undecodable, too_many_pixels). `pts` of a frame counts TICKS_PER_S from the start of the
    recording and is strictly increasing. `last_ms`, `damaged_packets` and `fraction` are
    updated with every frame.
    """

    def __init__(self, path: Path, *, max_lines: int) -> None:
        container = open_media(path)
        try:
            self._film = _decodable(container)
            super().__init__(container, self._film, path)
            self.last_ms = 0
            start = container.start_time
            with_sound = sound_stream(container) is not None
            self._clock = TimestampNormaliser(
                start / 1e6 if with_sound and start is not None else None
            )
            self.rate = _frames_per_s(self._film)
            self._frames = self._decode()
            first = next(self._frames, None)
            if first is None:
                raise MediaRefused("undecodable", f"{self.damaged_packets} damaged packets")
            self._first = first
            self.size = _fit_size(first, self._film, max_lines)
        except BaseException:
            container.close()
            raise

    def close(self) -> None:
        """Stop decoding and close the file."""
        self._frames.close()
        super().close()

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yield frames in order of time. Raises MediaRefused("too_long") beyond the limit."""
        last, at_s = -1, 0.0
        step_s = float(1 / self.rate)
        for frame in self._filtered_frames():
            at_s = self._clock.to_seconds(frame.time, expected_s=at_s)
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

    def _filtered_frames(self) -> Iterator[VideoFrame]:
        """Yield every frame after the filters; a new size or format gets a new filter graph."""
        graph, form = None, None
        frame: VideoFrame | None = self._first
        while frame is not None:
            now = (frame.width, frame.height, frame.format.name, frame.rotation)
            if now != form:
                check_dimensions(frame.width, frame.height)
                if graph is not None:
                    yield from _pull_frames(graph, None)
                graph, form = self._graph(frame), now
            assert graph is not None
            yield from _pull_frames(graph, frame)
            frame = next(self._frames, None)
        if graph is not None:
            yield from _pull_frames(graph, None)

    def _graph(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        time_base = frame.time_base or self._film.time_base or Fraction(1, TICKS_PER_S)
        nodes = [
            graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=time_base
            ),
            graph.add("yadif", "deint=interlaced"),
        ]
        for turn in _transpositions(frame.rotation):
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
    """Return width and height for display: square pixels, rotation applied."""
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
    # The decoder also refuses frames that exceed this later in the stream.
    stream.codec_context.options = {"max_pixels": str(limits.MOST_VIDEO_PIXELS)}
    stream.thread_type = "AUTO"
    return stream


def _fit_size(frame: VideoFrame, stream: VideoStream, max_lines: int) -> tuple[int, int]:
    width, height = upright_size(frame, stream)
    factor = min(1.0, max_lines / min(width, height), max_lines * 16 / 9 / max(width, height))
    return max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2)


def _frames_per_s(stream: VideoStream) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    return min(max(Fraction(rate), Fraction(1)), Fraction(_MOST_FRAMES_PER_S))


def _transpositions(rotation: int) -> tuple[str, ...]:
    """Return FFmpeg's transpose arguments that undo a rotation (degrees counter-clockwise)."""
    turns = {90: ("cclock",), -270: ("cclock",), -90: ("clock",), 270: ("clock",)}
    return ("clock", "clock") if abs(rotation) == 180 else turns.get(rotation, ())


def _pull_frames(graph: Graph, frame: VideoFrame | None) -> Iterator[VideoFrame]:
    graph.vpush(frame)
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
