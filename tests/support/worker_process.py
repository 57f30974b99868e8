"""Start `flask worker` as a process that can be killed, and wait for conditions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from archive.settings import Settings
from tests.support.http_server import ROOT

Value = TypeVar("Value")
POLL_INTERVAL_S = 0.02


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Return the environment of a process that works on the test archive."""
    return {
        **os.environ,
        "LOIKE_HOME": str(settings.home),
        "LOIKE_DATABASE_URL": settings.database_url,
        "PYTHONPATH": str(ROOT),
        "LOIKE_LEASE_S": "4",
        "LOIKE_POLL_MS": "20",
        **more,
    }


def command(*words: str) -> list[str]:
    """Return the argument list of `flask …`."""
    return [sys.executable, "-m", "flask", "--app", "app", *words]


def wait_until(
    condition: Callable[[], Value | None],
    *,
    seconds: float = 240,
    message: str = "it never happened",
) -> Value:
    """Call `condition` until it returns a true value, and return it."""
    timed_out = threading.Event()
    timer = threading.Timer(seconds, timed_out.set)
    timer.start()
    try:
        while not timed_out.wait(POLL_INTERVAL_S):
            if value := condition():
                return value
        raise AssertionError(message)
    finally:
        timer.cancel()


def catches_signal(pid: int, number: int) -> bool:
    """Return whether a process has installed a handler of this signal (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(caught, 16) >> (number - 1) & 1)


class WorkerProcess:
    """`flask worker` as an office runs it."""

    def __init__(self, settings: Settings) -> None:
        self._env = environment(settings)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, code: str = "") -> None:
        """Start the worker, or Python code instead of it; return when it can be stopped.

        The time limits of a test count from then: only the time limit of pytest covers the
        start of Python and its imports.
        """
        words = [sys.executable, "-c", code] if code else command("worker")
        self.process = process = subprocess.Popen(words, cwd=ROOT, env=self._env)
        pause = threading.Event()
        while not catches_signal(process.pid, signal.SIGTERM):
            assert process.poll() is None, f"the worker ended with {process.returncode}"
            pause.wait(POLL_INTERVAL_S)

    def kill(self) -> None:
        """Send SIGKILL; a transcription child ends with its parent."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Send SIGTERM, as systemd does."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=240)
            self.process = None
