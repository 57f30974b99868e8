"""Fifty people listen while one opens a page: how much later the page comes.

Every listener is a socket of its own that takes 400 kB a second of one derivative, all
in another process than the one that asks for pages. Run: ``python -m bench.listeners``.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import selectors
import socket
import statistics
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event

from archive.models import MediaFile, Recording
from bench.figures import Figure, tell
from bench.house import ACCESSION, House, served

LISTENERS, BYTES_A_SECOND = 50, 400_000
TICK_S = 0.05
MOST_RATIO = 3.0
PAGES = 80
MIB = 1024 * 1024


def sound(house: House, mib: int) -> str:
    """A derivative that can be streamed; what it sounds like does not matter here."""
    with house.toolbox.database.writing() as db:
        recording = Recording(interview_id=house.interview_id, part=1, duration_ms=600_000)
        db.add(recording)
        db.flush()
        file = MediaFile(
            interview_id=house.interview_id, recording_id=recording.id, role="access",
            media_type="audio/mp4", path="bench/sound.m4a", filename="sound.m4a",
            size_bytes=mib * MIB,
        )  # fmt: skip
        db.add(file)
        db.flush()
        path = house.toolbox.derivatives_dir / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(MIB) * mib)
        return file.id


class Listener:
    """Takes its share of bytes at every tick, and begins again at the end of the file."""

    def __init__(self, port: int, path: str) -> None:
        self._port, self._path = port, path
        self._socket = self._ask()
        self.allowed, self.heard_bytes = 0, 0

    def _ask(self) -> socket.socket:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        line.connect(("127.0.0.1", self._port))
        line.sendall(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=0-\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        line.setblocking(False)
        return line

    def take(self) -> None:
        """Read what is due by now."""
        while self.allowed > 0:
            try:
                block = self._socket.recv(min(self.allowed, 64 * 1024))
            except BlockingIOError:
                return
            if not block:
                self._socket.close()
                self._socket = self._ask()
                return
            self.allowed -= len(block)
            self.heard_bytes += len(block)

    def fileno(self) -> int:
        """For the selector."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def listen(port: int, path: str, count: int, started: Event, done: Event, heard: object) -> None:
    """The other process: all listeners, until `done`."""
    listeners = [Listener(port, path) for _ in range(count)]
    began = last = time.monotonic()
    while not done.is_set():
        now = time.monotonic()
        due = int((now - last) * BYTES_A_SECOND)
        last = now
        with selectors.DefaultSelector() as waiting:
            for listener in listeners:
                listener.allowed = min(listener.allowed + due, BYTES_A_SECOND)
                listener.take()
                if listener.allowed > 0:
                    waiting.register(listener, selectors.EVENT_READ)
            until = now + TICK_S
            while waiting.get_map() and (left := until - time.monotonic()) > 0:
                for key, _events in waiting.select(left):
                    with contextlib.suppress(KeyError):
                        waiting.unregister(key.fileobj)
                    key.fileobj.take()  # type: ignore[union-attr]
        time.sleep(max(0.0, until - time.monotonic()))
        if now - began > 1.0:
            started.set()
    took = time.monotonic() - began
    heard.value = sum(x.heard_bytes for x in listeners) / took / count  # type: ignore[attr-defined]
    for listener in listeners:
        listener.close()


def page_ms(house: House, path: str, count: int) -> list[float]:
    """How long a page takes, asked one after the other on a connection of its own each."""
    times = []
    for _ in range(count):
        line = house.line()
        start = time.perf_counter()
        line.request("GET", path)
        answer = line.getresponse()
        answer.read()
        times.append((time.perf_counter() - start) * 1000)
        line.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
    return times


def while_listening(house: House, file_id: str, count: int, ask: Callable[[], list[float]]) -> (
    tuple[list[float], float]
):  # fmt: skip
    """What `ask` gives while they listen, and the bytes a second that each of them got."""
    context = multiprocessing.get_context("spawn")
    started, done, heard = context.Event(), context.Event(), context.Value("d", 0.0)
    crowd = context.Process(
        target=listen, args=(house.port, f"/media/{file_id}", count, started, done, heard)
    )
    crowd.start()
    try:
        if not started.wait(60):
            raise RuntimeError("nobody listens")
        times = ask()
    finally:
        done.set()
        crowd.join()
    return times, heard.value


def main() -> None:
    """Idle, under load, idle again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=LISTENERS)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--mib", type=int, default=64, help="length of the sound")
    chosen = parser.parse_args()
    with served() as house:
        file_id = sound(house, chosen.mib)
        path = f"/vi/interviews/{ACCESSION}"
        page_ms(house, path, 10)
        idle = page_ms(house, path, chosen.pages)
        busy, each = while_listening(
            house, file_id, chosen.listeners, lambda: page_ms(house, path, chosen.pages)
        )
        idle += page_ms(house, path, chosen.pages)
    print(
        f"page p50 {statistics.median(idle):.1f} ms idle, {statistics.median(busy):.1f} ms under "
        f"{chosen.listeners} listeners, who got {each / 1000:.0f} kB/s each"
    )
    note = f"{chosen.listeners} at {each / 1000:.0f} kB/s"
    ratio = statistics.median(busy) / statistics.median(idle)
    tell(Figure(name="page p50 beside listeners against idle", measured=ratio,
                target=MOST_RATIO, unit="×", note=note))  # fmt: skip


if __name__ == "__main__":
    main()
