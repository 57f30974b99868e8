"""A disk whose n-th operation fails, or loses power."""

from __future__ import annotations

import errno
from typing import Any

from media.disk import Disk


class PowerCut(BaseException):
    """Simulates the end of the process; derived from BaseException so that nothing handles it."""


class FailingDisk(Disk):
    """Counts every operation. At number `fail_at` it raises EIO once, or cuts the power."""

    def __init__(self, fail_at: int, *, power: bool = False, code: int = errno.EIO) -> None:
        self.calls = 0
        self.fail_at, self.power, self.code = fail_at, power, code

    def __getattribute__(self, name: str) -> Any:
        method = super().__getattribute__(name)
        if name.startswith("_") or not callable(method):
            return method

        def counted(*args: Any) -> Any:
            # Methods that call one another count twice, which only adds cases.
            self.calls += 1
            if self.power and self.calls >= self.fail_at:
                raise PowerCut
            if self.calls == self.fail_at:
                raise OSError(self.code, f"injected at {name}")
            return method(*args)

        return counted
