"""`flask serve` starts its worker again when it dies; a worker ends when its parent died."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

from archive.actions.office import workers
from archive.back_off import back_off_s
from archive.cli.output import print_line
from archive.db import Database

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
STEADY_AFTER_S = 60.0
PARENT_POLL_S = 2.0
SIGNAL_DELAY_S = 0.2
_PR_SET_PDEATHSIG = 1


class WorkerSupervisor:
    """Runs one worker process until `stop`, and starts it again whenever it ends.

    The pause before a restart doubles while the worker dies within a minute.
    """

    def __init__(self, database: Database, *, command: list[str]) -> None:
        self._database = database
        self._command = command
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        # The worker gets a signal when the thread that started it ends: this one lives longest.
        self._thread = threading.Thread(target=self._run, name="worker-supervisor")

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    def cease(self) -> None:
        """Start no worker any more; called by the handler of a signal."""
        self._stop.set()

    def stop(self) -> None:
        """End the worker at its next checkpoint, and wait for it."""
        self._stop.set()
        while self._thread.is_alive():
            # Again and again: a worker that has just been started may have missed the signal.
            process = self._process
            if process is not None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
            self._thread.join(1.0)

    def _run(self) -> None:
        deaths = 0
        while not self._stop.is_set():
            started = time.monotonic()
            how = self._run_once()
            # Ctrl+C and some service managers signal both processes: the worker may be first.
            if self._stop.wait(SIGNAL_DELAY_S):
                return
            deaths = 1 if time.monotonic() - started >= STEADY_AFTER_S else deaths + 1
            pause_s = back_off_s(deaths, first_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S)
            print_line(
                f"The worker ended by itself ({how}). It is started again in {pause_s:g} s; no"
                " job is lost.",
                err=True,
            )
            self._record_death(how)
            self._stop.wait(pause_s)

    def _run_once(self) -> str:
        """Run a worker to its end; return how it ended, or why it could not be started."""
        try:
            self._process = subprocess.Popen(self._command)
        except OSError as error:  # no memory or no process is left
            self._process = None
            return f"not started: {error.strerror}"
        return describe_exit(self._process.wait())

    def _record_death(self, how: str) -> None:
        host = socket.gethostname()
        process_id = self._process.pid if self._process is not None else 0
        # A database that does not answer may be why the worker ended.
        with contextlib.suppress(Exception), self._database.writing() as db:
            name = workers.worker_name(host, process_id)
            workers.record_death(db, name=name, host=host, problem=how)


def worker_command(parent: int, *, app: str | None) -> list[str]:
    """Return the command of a worker that ends with its parent.

    `app` is what was given to `flask --app`; without it flask finds the same app by itself.
    """
    chosen = ["--app", app] if app else []
    return [sys.executable, "-m", "flask", *chosen, "worker", "--parent", str(parent)]


def describe_exit(status: int) -> str:
    """Return how a process ended: its exit status or the name of the signal."""
    if status >= 0:
        return f"exit status {status}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-status).name
    return f"signal {-status}"


@contextlib.contextmanager
def ending_with_parent(parent: int | None, stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` when the parent process has died; None: the process has no such parent.

    On Linux the kernel sends SIGTERM at once. The poll is for other systems, and for a parent
    that died before this process could ask for the signal.
    """
    if parent is None:
        yield
        return
    with contextlib.suppress(AttributeError):  # Linux only
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    done = threading.Event()

    def poll() -> None:
        while os.getppid() == parent:
            if done.wait(PARENT_POLL_S):
                return
        print_line("The web server that started this worker has ended: it ends too.", err=True)
        stop()

    thread = threading.Thread(target=poll, name="parent-poll", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
