"""Processes whose clock is wrong: libfaketime moves it, of a running process too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
YEAR_AHEAD, YEAR_BACK, RIGHT = "+365d", "-365d", "+0"


def library() -> str:
    """Return libfaketime; skips the test without it, fails it if REQUIRE_FAKETIME is set."""
    for folder in _FOLDERS:
        file = Path(folder, "faketime", "libfaketimeMT.so.1")
        if file.is_file():
            return str(file)
    reason = "libfaketime is not installed (Debian: faketime)"
    if os.environ.get("REQUIRE_FAKETIME"):
        pytest.fail(reason)
    pytest.skip(reason)


class MovableClock:
    """The clock of the processes that are started with `environment`."""

    def __init__(self, folder: Path, shift: str = RIGHT) -> None:
        self._library = library()
        self._file = folder / "faketime"
        self.move(shift)

    def move(self, shift: str) -> None:
        """Let the clock be wrong by this: "+365d", "-365d", "+0"."""
        aside = self._file.with_suffix(".new")
        aside.write_text(shift, encoding="ascii")
        aside.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process with this clock; its monotonic clock is left alone."""
        return {
            "LD_PRELOAD": self._library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
