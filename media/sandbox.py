"""Run one function in a child process with limits, so that a crash stays there.

A task is named "package.module:function" and is called as function(args, progress),
where progress(fraction, detail) reports progress; it returns a JSON-able dict. The child
has its own process group, limits on address space, processor time and file size, dies
when its parent does, and has no network where the system allows to drop it without root.
It is killed with its group on timeout, without progress, or when cancelled. Any toolbox
may run its own task here; this module imports none of them.

Limits: a grandchild that leaves the process group is not killed, and a child can read
the files that its user can read.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Literal

FailureCode = Literal["timeout", "memory", "no_space", "crash", "stopped", "cancelled", "refused"]

# Sent from outside when a machine or a service shuts down: no fault of the task.
_SHUTDOWN_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

POLL_S = 0.1
LONGEST_START_S = 120  # of Python and the imports of the task, on a busy machine
LONGEST_LINE_BYTES = 64 * 1024 * 1024
KEPT_STDERR_BYTES = 8 * 1024


class SandboxFailed(Exception):
    """Raised when a task returned no result.

    `code` is the reason. When the task itself refused, by an exception with a string
    `code`, then `code` is "refused" and `reason` is that string. `detail` is for the log.
    """

    def __init__(self, code: FailureCode, detail: str = "", *, reason: str = "") -> None:
        super().__init__(f"{code}{f' ({reason})' if reason else ''}: {detail}")
        self.code, self.detail, self.reason = code, detail, reason


def run(
    task: str,
    args: Mapping[str, Any],
    *,
    wall_s: float,
    memory_bytes: int | None = None,
    cpu_s: int | None = None,
    file_bytes: int | None = None,
    stall_s: float | None = None,
    on_progress: Callable[[float, dict[str, Any]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Run `task` in a child process and return its result. Raises SandboxFailed.

    `wall_s` is the longest time of the task and `stall_s` the longest between two reports of
    progress; both count from the moment when the child has imported the task, for which it
    has LONGEST_START_S. `cancelled` is called ten times a second. An exception of
    `on_progress` or `cancelled` kills the child and propagates, so a worker that lost its
    lease may simply raise. Call it from a thread that outlives the task: the child dies
    with the thread that started it.
    """
    limits = {"memory_bytes": memory_bytes, "cpu_s": cpu_s, "file_bytes": file_bytes}
    request = {"task": task, "args": dict(args), "parent": os.getpid(), **limits}
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "media.sandboxed_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
        env=_environment(),
    )
    monitor = _ChildMonitor(child, stall_s=stall_s, wall_s=wall_s)
    try:
        monitor.send(json.dumps(request).encode() + b"\n")
        while (message := monitor.next_message(cancelled)) is not None:
            if "started" in message:
                monitor.start_limits()
            elif "progress" in message:
                if on_progress is not None:
                    on_progress(float(message["progress"]), dict(message.get("detail") or {}))
            elif "result" in message:
                return dict(message["result"])
            else:
                failed = message["failed"]
                raise SandboxFailed(
                    failed["code"], str(failed["detail"]), reason=str(failed["reason"])
                )
        raise monitor.exit_error()
    finally:
        monitor.kill()


class _ChildMonitor:
    """Reads the pipes of the child and enforces its time limits."""

    def __init__(
        self, child: subprocess.Popen[bytes], *, stall_s: float | None, wall_s: float
    ) -> None:
        self._child = child
        self._selector = selectors.DefaultSelector()
        self._lines = b""
        self._stderr = b""
        self._wall_s = wall_s
        self._stall_s = stall_s
        self._last_message_at = time.monotonic()
        self._deadline = self._last_message_at + LONGEST_START_S
        self._is_started = False
        for pipe in (child.stdout, child.stderr):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ)

    def start_limits(self) -> None:
        """Count the time of the task from now: the child has imported it."""
        self._is_started = True
        self._deadline = time.monotonic() + self._wall_s

    def send(self, data: bytes) -> None:
        """Write the request; a child that is already dead is noticed when reading."""
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write(data)
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()

    def next_message(self, cancelled: Callable[[], bool] | None) -> dict[str, Any] | None:
        """Return the next message of the child; None when it has closed its pipe."""
        while True:
            line, newline, rest = self._lines.partition(b"\n")
            if newline:
                self._lines = rest
                self._last_message_at = time.monotonic()
                return dict(json.loads(line))
            if len(self._lines) > LONGEST_LINE_BYTES:
                raise SandboxFailed("crash", "the child talks without end")
            self._check_limits(cancelled)
            if not self._selector.get_map():
                return None
            for key, _ in self._selector.select(POLL_S):
                self._read(key.fileobj)

    def exit_error(self) -> SandboxFailed:
        """Return the error for a child that ended without a result."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=5)
        status = self._child.returncode
        tail = self._stderr.decode("utf-8", "replace").strip()[-2000:]
        if status is not None and status < 0:
            name = signal.Signals(-status).name
            if -status == signal.SIGXCPU:
                return SandboxFailed("timeout", "used up its processor time")
            if -status in _SHUTDOWN_SIGNALS:
                return SandboxFailed("stopped", f"ended by {name}")
            return SandboxFailed("crash", f"killed by {name}. {tail}")
        return SandboxFailed("crash", f"exit status {status}. {tail}")

    def kill(self) -> None:
        """Kill the process group, then wait: the process id cannot be reused before `wait`."""
        if self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
        self._selector.close()
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _check_limits(self, cancelled: Callable[[], bool] | None) -> None:
        now = time.monotonic()
        if cancelled is not None and cancelled():
            raise SandboxFailed("cancelled", "on request")
        if now > self._deadline:
            detail = "took longer than it may" if self._is_started else "did not start"
            raise SandboxFailed("timeout", detail)
        if not self._is_started or self._stall_s is None:
            return
        if now - self._last_message_at > self._stall_s:
            raise SandboxFailed("timeout", f"no progress for {self._stall_s:g} s")

    def _read(self, pipe: Any) -> None:
        data = _read_some(pipe)
        if data == b"":
            self._selector.unregister(pipe)
        elif data is not None and pipe is self._child.stdout:
            self._lines += data
        elif data is not None:
            self._stderr = (self._stderr + data)[-KEPT_STDERR_BYTES:]


def _read_some(pipe: IO[bytes]) -> bytes | None:
    try:
        return os.read(pipe.fileno(), 256 * 1024)
    except BlockingIOError:
        return None


def _environment() -> dict[str, str]:
    """Return an environment in which the child imports from the parent's folders."""
    folders = [str(Path(entry or ".").resolve()) for entry in sys.path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
