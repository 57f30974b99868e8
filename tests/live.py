"""A real server for tests: waitress in a thread, or `flask serve` in a process to be killed."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from waitress.server import create_server

from archive.settings import Settings

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Line:
    """One person's connection to a server: a cookie, and a request at a time."""

    host: str
    port: int
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, timeout_s: float = 60,
        **headers: str,
    ) -> Answer:  # fmt: skip
        """Names of headers are written with underscores."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)
        sent = {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if self.cookie:
            sent["Cookie"] = f"loike_session={self.cookie}"
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()


@contextlib.contextmanager
def in_thread(app: Flask) -> Iterator[Line]:
    """The app behind a real waitress on a free port."""
    # waitress keeps its sockets in a map of its own, so that many may run in one process.
    server = create_server(app, host="127.0.0.1", port=0, threads=8, map={})
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            server.asyncore.loop(timeout=1, map=server._map, count=1)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Line("127.0.0.1", server.effective_port)
    finally:
        done.set()
        server.pull_trigger()
        thread.join()
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(server._map)


class ServerProcess:
    """`flask serve` as an office runs it; can be killed at any moment and started again."""

    def __init__(self, settings: Settings, *, worker: bool = False, **env: str) -> None:
        self._env = {
            **os.environ, "LOIKE_HOME": str(settings.home),
            "LOIKE_DATABASE_URL": settings.database_url, "PYTHONPATH": str(ROOT), **env,
        }  # fmt: skip
        self._worker = worker
        self.process: subprocess.Popen[str] | None = None
        self.port = 0

    def start(self) -> Line:
        """Returns once it answers: it prints its address when the port is bound."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "serve", "--port", str(self.port),
             "--worker" if self._worker else "--no-worker"],
            cwd=ROOT, env=self._env, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        address = self.process.stdout.readline()
        self.port = int(address.strip().rstrip("/").rpartition(":")[2])
        return Line("127.0.0.1", self.port)

    def kill(self) -> None:
        """SIGKILL: no code of ours runs after it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As systemd stops it."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self.process is None:
            return
        os.killpg(self.process.pid, number)
        self.process.wait(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
