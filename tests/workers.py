"""A real `flask worker` in a process of its own, to be killed at any moment; patient looking."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from archive.settings import Settings
from tests.live import ROOT

Seen = TypeVar("Seen")
LOOK_EVERY_S = 0.02


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """The variables under which a process of ours works on this archive."""
    return {
        **os.environ, "LOIKE_HOME": str(settings.home),
        "LOIKE_DATABASE_URL": settings.database_url, "PYTHONPATH": str(ROOT),
        "LOIKE_LEASE_S": "4", "LOIKE_POLL_MS": "20", **more,
    }  # fmt: skip


def command(*words: str) -> list[str]:
    """`flask …` as a program with its arguments."""
    return [sys.executable, "-m", "flask", "--app", "app", *words]


def until(
    look: Callable[[], Seen | None], *, seconds: float = 240, otherwise: str = "it never happened"
) -> Seen:
    """The first answer of `look` that is true."""
    late = threading.Event()
    timer = threading.Timer(seconds, late.set)
    timer.start()
    try:
        while not late.wait(LOOK_EVERY_S):
            if seen := look():
                return seen
        raise AssertionError(otherwise)
    finally:
        timer.cancel()


class WorkerProcess:
    """`flask worker` as an office runs it."""

    def __init__(self, settings: Settings) -> None:
        self._env = environment(settings)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, code: str = "") -> None:
        """Returns at once: what the worker does is seen in the database. `code` runs instead."""
        words = [sys.executable, "-c", code] if code else command("worker")
        self.process = subprocess.Popen(words, cwd=ROOT, env=self._env)

    def kill(self) -> None:
        """SIGKILL: no code of ours runs after it. A listening child dies with its parent."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As systemd stops it."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=60)
            self.process = None
