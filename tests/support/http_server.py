"""Real servers for tests: waitress in a thread, or `flask serve` in a process."""

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

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpClient:
    """HTTP client of one user: a session cookie, and a connection per request."""

    host: str
    port: int
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        timeout_s: float = 240,
        **headers: str,
    ) -> HttpResponse:
        """Send a request; header names are written with underscores."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)
        sent = {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if self.cookie:
            sent["Cookie"] = f"loike_session={self.cookie}"
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return HttpResponse(response.status, received, response.read())
        finally:
            connection.close()


@contextlib.contextmanager
def serve_in_thread(app: Flask, *, threads: int = 8) -> Iterator[HttpClient]:
    """Serve the app by waitress on a free port."""
    # waitress keeps its sockets in a map of its own, so that many may run in one process.
    server = create_server(app, host="127.0.0.1", port=0, threads=threads, map={})
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            server.asyncore.loop(timeout=1, map=server._map, count=1, use_poll=True)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield HttpClient("127.0.0.1", server.effective_port)
    finally:
        done.set()
        server.pull_trigger()
        thread.join()
        server.task_dispatcher.shutdown()
        # `close_all` closes sockets and leaves open the files that were not sent to their end.
        for channel in list(server.active_channels.values()):
            channel.handle_close()
        server.asyncore.close_all(server._map)


class ServerProcess:
    """A `flask serve` process that can be killed and started again."""

    def __init__(self, settings: Settings, *, worker: bool = False, **env: str) -> None:
        self._env = {
            **os.environ,
            "LOIKE_HOME": str(settings.home),
            "LOIKE_DATABASE_URL": settings.database_url,
            "PYTHONPATH": str(ROOT),
            **env,
        }
        self._worker = worker
        self.process: subprocess.Popen[str] | None = None
        self.port = 0

    def start(self) -> HttpClient:
        """Start the process; return when it has printed its address, with the port bound."""
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "flask",
                "--app",
                "app",
                "serve",
                "--port",
                str(self.port),
                "--worker" if self._worker else "--no-worker",
            ],
            cwd=ROOT,
            env=self._env,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        address = self.process.stdout.readline()
        self.port = int(address.strip().rstrip("/").rpartition(":")[2])
        return HttpClient("127.0.0.1", self.port)

    def kill(self) -> None:
        """Send SIGKILL, so that no code of ours runs after it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Send SIGTERM, as systemd does."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self.process is None:
            return
        os.killpg(self.process.pid, number)
        self.process.wait(timeout=240)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
