"""The delay of pages while fifty listeners stream a recording.

Every listener is a socket that reads 400 kB per second of one derivative; all of them are in
another process than the one that requests pages. Run: ``python -m bench.listeners``.
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
from bench.figures import Figure, print_figures
from bench.served_archive import ACCESSION, ServedArchive, serve_archive

LISTENERS, BYTES_A_SECOND = 50, 400_000
TICK_S = 0.05
MAX_RATIO = 3.0
PAGES = 80
MIB = 1024 * 1024


def add_derivative(archive: ServedArchive, mib: int) -> str:
    """Add a derivative of random bytes that can be streamed."""
    with archive.toolbox.database.writing() as db:
        recording = Recording(interview_id=archive.interview_id, part=1, duration_ms=600_000)
        db.add(recording)
        db.flush()
        file = MediaFile(
            interview_id=archive.interview_id,
            recording_id=recording.id,
            role="access",
            media_type="audio/mp4",
            path="bench/sound.m4a",
            filename="sound.m4a",
            size_bytes=mib * MIB,
        )
        db.add(file)
        db.flush()
        path = archive.toolbox.derivatives_dir / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(MIB) * mib)
        return file.id


class Listener:
    """A client that reads a limited rate of bytes and starts again at the end of the file."""

    def __init__(self, port: int, path: str) -> None:
        self._port, self._path = port, path
        self._socket = self._connect()
        self.allowed, self.received_bytes = 0, 0

    def _connect(self) -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        connection.connect(("127.0.0.1", self._port))
        connection.sendall(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=0-\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        connection.setblocking(False)
        return connection

    def read_due(self) -> None:
        """Read the bytes that are due now."""
        while self.allowed > 0:
            try:
                block = self._socket.recv(min(self.allowed, 64 * 1024))
            except BlockingIOError:
                return
            if not block:
                self._socket.close()
                self._socket = self._connect()
                return
            self.allowed -= len(block)
            self.received_bytes += len(block)

    def fileno(self) -> int:
        """Return the file descriptor for the selector."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


def run_listeners(
    port: int, path: str, count: int, started: Event, done: Event, rate: object
) -> None:
    """Run all listeners until `done`; the target of the child process."""
    listeners = [Listener(port, path) for _ in range(count)]
    started_at = last = time.monotonic()
    while not done.is_set():
        now = time.monotonic()
        due = int((now - last) * BYTES_A_SECOND)
        last = now
        with selectors.DefaultSelector() as waiting:
            for listener in listeners:
                listener.allowed = min(listener.allowed + due, BYTES_A_SECOND)
                listener.read_due()
                if listener.allowed > 0:
                    waiting.register(listener, selectors.EVENT_READ)
            until = now + TICK_S
            while waiting.get_map() and (left := until - time.monotonic()) > 0:
                for key, _events in waiting.select(left):
                    with contextlib.suppress(KeyError):
                        waiting.unregister(key.fileobj)
                    key.fileobj.read_due()  # type: ignore[union-attr]
        time.sleep(max(0.0, until - time.monotonic()))
        if now - started_at > 1.0:
            started.set()
    took = time.monotonic() - started_at
    rate.value = sum(x.received_bytes for x in listeners) / took / count  # type: ignore[attr-defined]
    for listener in listeners:
        listener.close()


def page_times_ms(archive: ServedArchive, path: str, count: int) -> list[float]:
    """Return the ms of each of `count` requests, one after the other on new connections."""
    times = []
    for _ in range(count):
        connection = archive.connect()
        start = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        times.append((time.perf_counter() - start) * 1000)
        connection.close()
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}")
    return times


def measure_with_listeners(
    archive: ServedArchive, file_id: str, count: int, measure: Callable[[], list[float]]
) -> tuple[list[float], float]:
    """Call `measure` while the listeners run; return its result and their bytes per second."""
    context = multiprocessing.get_context("spawn")
    started, done, rate = context.Event(), context.Event(), context.Value("d", 0.0)
    child = context.Process(
        target=run_listeners, args=(archive.port, f"/media/{file_id}", count, started, done, rate)
    )
    child.start()
    try:
        if not started.wait(60):
            raise RuntimeError("the listeners did not start")
        times = measure()
    finally:
        done.set()
        child.join()
    return times, rate.value


def main() -> None:
    """Measure idle, under load and idle again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=LISTENERS)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--mib", type=int, default=64, help="length of the sound")
    options = parser.parse_args()
    with serve_archive() as archive:
        file_id = add_derivative(archive, options.mib)
        path = f"/vi/interviews/{ACCESSION}"
        page_times_ms(archive, path, 10)
        idle = page_times_ms(archive, path, options.pages)
        busy, rate = measure_with_listeners(
            archive, file_id, options.listeners, lambda: page_times_ms(archive, path, options.pages)
        )
        idle += page_times_ms(archive, path, options.pages)
    print(
        f"page p50 {statistics.median(idle):.1f} ms idle, {statistics.median(busy):.1f} ms under "
        f"{options.listeners} listeners, who got {rate / 1000:.0f} kB/s each"
    )
    note = f"{options.listeners} at {rate / 1000:.0f} kB/s"
    ratio = statistics.median(busy) / statistics.median(idle)
    print_figures(
        Figure(
            name="page p50 beside listeners against idle",
            measured=ratio,
            target=MAX_RATIO,
            unit="×",
            note=note,
        )
    )


if __name__ == "__main__":
    main()
