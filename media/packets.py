"""Decode one stream to its end, skipping and counting damaged packets.

The readers of `sound.py` and `film.py` derive from this one, so both count damage alike.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_MOST_READ_ERRORS = 1000
_Frame = TypeVar("_Frame", bound=AudioFrame | VideoFrame)


class StreamReader(Generic[_Frame]):
    """Base of the readers of one stream; closing it closes the container.

    `damaged_packets` counts the packets that could not be read or decoded so far.
    """

    def __init__(
        self, container: InputContainer, stream: AudioStream | VideoStream, path: Path
    ) -> None:
        self._container, self._stream = container, stream
        self._size_bytes = max(1, path.stat().st_size)
        self._read_bytes = 0
        self.damaged_packets = 0

    @property
    def fraction(self) -> float:
        """Return the progress from 0 to 1 by file position: stated durations may be wrong."""
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
        """Close the container."""
        self._container.close()

    def _decode(self) -> Generator[_Frame, None, None]:
        """Yield every frame that can be decoded."""
        for packet in self._packets():
            self._read_bytes = max(self._read_bytes, packet.pos or 0)
            yield from self._decoded(packet)

    def _packets(self) -> Iterator[Packet[Any]]:
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

    def _decoded(self, packet: Packet[Any]) -> list[_Frame]:
        try:
            return cast("list[_Frame]", packet.decode())
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError):
            self.damaged_packets += 1
            return []
