"""Tasks that misbehave in the sandbox."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

Progress = Callable[..., None]


class TaskRefused(Exception):
    code = "not_today"


def add(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    print("a library that prints")
    progress(0.5, {"chunk": 1})
    progress(7.0)
    return {"sum": args["a"] + args["b"], "cwd": os.getcwd(), "group": os.getpgrp() == os.getpid()}


def wait(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    progress(0.1, {"pid": os.getpid()})
    threading.Event().wait()
    return {}


def report_forever(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    pause = threading.Event()
    while True:
        progress(0.5)
        pause.wait(0.02)


def use_processor(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    while True:
        pass


def use_memory(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    return {"size": len(bytearray(4 << 30))}


def write(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    Path(args["path"]).write_bytes(bytes(args["size"]))
    return {}


def refuse(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise TaskRefused("because")


def fail(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    raise ZeroDivisionError("unforeseen")


def segfault(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    ctypes.string_at(0)
    return {}


def exit_at_once(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    os._exit(3)


def leave_grandchild(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Start a grandchild process that keeps the pipes open."""
    grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    progress(0.1, {"pid": grandchild.pid})
    return {"pid": grandchild.pid}


def connect(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    with socket.create_connection(("127.0.0.1", args["port"]), timeout=5):
        return {}


def nested(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Kill this process while its own sandboxed child waits."""
    from media import sandbox

    def kill_parent(fraction: float, detail: dict[str, Any]) -> None:
        Path(args["pid_file"]).write_text(str(detail["pid"]))
        os.kill(os.getpid(), signal.SIGKILL)

    return sandbox.run("tests.support.sandbox_tasks:wait", {}, wall_s=60, on_progress=kill_parent)
