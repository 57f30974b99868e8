"""The child's side of the sandbox: `python -m media.sandboxed_child`, started by sandbox.run.

Reads one request (a JSON line) from standard input, drops network and sets limits, runs
the task, and writes JSON lines. Nothing heavy is imported before the limits are set.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import importlib
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000


def main() -> None:
    """Serve one request."""
    with os.fdopen(os.dup(1), "wb", buffering=0) as output:
        os.dup2(2, 1)  # output of a library must not be read as a message
        request = json.loads(sys.stdin.buffer.readline())
        _exit_with_parent(int(request["parent"]))
        _drop_network()
        _set_limits(request)
        send = _sender(output.fileno())
        try:
            task = _load_task(request["task"])
            send({"started": True})
            result = task(request["args"], _progress(send))
            line = {"result": result}
        except Exception as error:
            line = {"failed": _failure(error)}
        send(line)
    # Exit without waiting for threads and codecs.
    os._exit(0)


def _exit_with_parent(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(AttributeError):  # Linux only
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)


def _drop_network() -> None:
    """Enter an empty network namespace, as root or with a user namespace.

    Where the system forbids it (some hardened kernels, containers), the protocol
    whitelist of `safe_open` is the remaining protection.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(AttributeError):
        if libc.unshare(_CLONE_NEWNET) != 0:
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _set_limits(request: dict[str, Any]) -> None:
    limits = {
        resource.RLIMIT_AS: request["memory_bytes"],
        resource.RLIMIT_CPU: request["cpu_s"],
        resource.RLIMIT_FSIZE: request["file_bytes"],
        resource.RLIMIT_CORE: 0,
    }
    for kind, limit in limits.items():
        if limit is not None:
            _, hard = resource.getrlimit(kind)
            lower = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            # The soft limit of processor time sends SIGXCPU, which identifies the cause;
            # the hard one sends SIGKILL, which does not.
            upper = lower + 5 if kind == resource.RLIMIT_CPU else lower
            bounded = upper if hard == resource.RLIM_INFINITY else min(upper, hard)
            resource.setrlimit(kind, (lower, bounded))


def _load_task(name: str) -> Callable[[dict[str, Any], Callable[..., None]], dict[str, Any]]:
    module, _, function = name.partition(":")
    found: Callable[..., dict[str, Any]] = getattr(importlib.import_module(module), function)
    return found


def _sender(descriptor: int) -> Callable[[dict[str, Any]], None]:
    def send(message: dict[str, Any]) -> None:
        rest = memoryview(json.dumps(message, allow_nan=False).encode() + b"\n")
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    return send


def _progress(send: Callable[[dict[str, Any]], None]) -> Callable[..., None]:
    def progress(fraction: float, detail: dict[str, Any] | None = None) -> None:
        send({"progress": min(1.0, max(0.0, fraction)), "detail": detail or {}})

    return progress


def _failure(error: Exception) -> dict[str, str]:
    """Convert an exception to a message; an exception with a `code` counts as a refusal."""
    detail = f"{type(error).__name__}: {error}"
    own_code = getattr(error, "code", None)
    if isinstance(own_code, str):
        return {"code": "refused", "reason": own_code, "detail": getattr(error, "detail", detail)}
    if isinstance(error, MemoryError):
        return {"code": "memory", "reason": "", "detail": detail}
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return {"code": "no_space", "reason": "", "detail": detail}
    sys.stderr.write(traceback.format_exc())
    return {"code": "crash", "reason": "", "detail": detail}


if __name__ == "__main__":
    main()
