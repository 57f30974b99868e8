"""Run one function in a child process that may die without taking anybody along.

A task is named "package.module:function" and is called as function(args, progress),
where progress(fraction, detail) tells how far it is; it returns a dict that JSON can
carry. The child has its own process group, limits on address space, processor time and
file size, dies when its parent does, and has no network where the system allows to drop
it without root. It is killed with its whole group when it overstays, stands still, or
is cancelled. Any toolbox may run its own task here; this file knows none of them.

What it cannot do: a grandchild that leaves the process group escapes the kill, and a
child reads the files that its user may read.
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

Code = Literal["timeout", "memory", "no_space", "crash", "cancelled", "refused"]

POLL_S = 0.1
LONGEST_LINE_BYTES = 64 * 1024 * 1024
KEPT_STDERR_BYTES = 8 * 1024


class SandboxFailed(Exception):
    """The task gave no result.

    `code` says how it ended. When the task itself refused, by an exception with a string
    `code`, then `code` is "refused" and `reason` is that string. `detail` is for the log.
    """

    def __init__(self, code: Code, detail: str = "", *, reason: str = "") -> None:
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
    """Run `task` in a child and give what it returned. Raises SandboxFailed.

    `stall_s` is the longest silence between two reports of progress. `cancelled` is asked
    ten times a second. What `on_progress` or `cancelled` raise ends the child and comes
    out here, so a worker that lost its lease may simply raise. Call it from a thread
    that stays: the child dies with the thread that started it.
    """
    limits = {"memory_bytes": memory_bytes, "cpu_s": cpu_s, "file_bytes": file_bytes}
    request = {"task": task, "args": dict(args), "parent": os.getpid(), **limits}
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "media.sandboxed_child"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        process_group=0, env=_environment(),
    )  # fmt: skip
    watch = _Watch(child, stall_s=stall_s, wall_s=wall_s)
    try:
        watch.send(json.dumps(request).encode() + b"\n")
        while (message := watch.next_message(cancelled)) is not None:
            if "progress" in message:
                if on_progress is not None:
                    on_progress(float(message["progress"]), dict(message.get("detail") or {}))
            elif "result" in message:
                return dict(message["result"])
            else:
                failed = message["failed"]
                raise SandboxFailed(
                    failed["code"], str(failed["detail"]), reason=str(failed["reason"])
                )
        raise watch.death()
    finally:
        watch.end()


class _Watch:
    """The parent's side of the pipes, and the clocks."""

    def __init__(
        self, child: subprocess.Popen[bytes], *, stall_s: float | None, wall_s: float
    ) -> None:
        self._child = child
        self._selector = selectors.DefaultSelector()
        self._lines = b""
        self._stderr = b""
        self._stall_s = stall_s
        self._moved_at = time.monotonic()
        self._ends_at = self._moved_at + wall_s
        for pipe in (child.stdout, child.stderr):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ)

    def send(self, data: bytes) -> None:
        """Hand over the request; a child that died at once is found out by reading."""
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write(data)
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()

    def next_message(self, cancelled: Callable[[], bool] | None) -> dict[str, Any] | None:
        """The next line from the child; None when it has closed its pipe."""
        while True:
            line, newline, rest = self._lines.partition(b"\n")
            if newline:
                self._lines = rest
                self._moved_at = time.monotonic()
                return dict(json.loads(line))
            if len(self._lines) > LONGEST_LINE_BYTES:
                raise SandboxFailed("crash", "the child talks without end")
            self._look_at_the_clocks(cancelled)
            if not self._selector.get_map():
                return None
            for key, _ in self._selector.select(POLL_S):
                self._read(key.fileobj)

    def death(self) -> SandboxFailed:
        """Why a child that said nothing is gone."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=5)
        status = self._child.returncode
        tail = self._stderr.decode("utf-8", "replace").strip()[-2000:]
        if status is not None and status < 0:
            name = signal.Signals(-status).name
            if -status == signal.SIGXCPU:
                return SandboxFailed("timeout", "used up its processor time")
            return SandboxFailed("crash", f"killed by {name}. {tail}")
        return SandboxFailed("crash", f"exit status {status}. {tail}")

    def end(self) -> None:
        """Kill the group, then take the child's leave. Its number is ours until `wait`."""
        if self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()
        self._selector.close()
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _look_at_the_clocks(self, cancelled: Callable[[], bool] | None) -> None:
        now = time.monotonic()
        if cancelled is not None and cancelled():
            raise SandboxFailed("cancelled", "on request")
        if now > self._ends_at:
            raise SandboxFailed("timeout", "took longer than it may")
        if self._stall_s is not None and now - self._moved_at > self._stall_s:
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
    """The child finds every module that the parent can find, wherever it was started."""
    folders = [str(Path(entry or ".").resolve()) for entry in sys.path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
