"""The directory of an index: numbered generations aside, and a pointer to the current one.

``current`` holds the name of a directory. It is replaced in one step, so a reader
finds the old index or the new one, never half of either. The writer's lock is an
flock and dies with its process.
"""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from search.analysis import ANALYZER_VERSION
from search.backends.base import IndexBusy
from search.backends.schema import SCHEMA_VERSION

_POINTER, _LOCK = "current", "writer.lock"
_POLL_S = 0.05
_NAME = re.compile(r"^on_disk-.+-(\d+)$")
PREFIX = f"on_disk-s{SCHEMA_VERSION}-a{ANALYZER_VERSION}-"


class IndexFolder:
    """Names and locks under ``root``; what is inside a generation is not its business."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self) -> Path | None:
        """The directory that readers should open, or None before the first write."""
        try:
            name = (self.root / _POINTER).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        return self.root / name

    def make_next(self) -> Path:
        """A new empty directory for this schema and analysis; call under the lock."""
        numbers = [int(match[1]) for match in map(_NAME.match, os.listdir(self.root)) if match]
        path = self.root / f"{PREFIX}{max(numbers, default=0) + 1}"
        path.mkdir()
        return path

    def point_to(self, path: Path) -> None:
        """Make a directory current: its files are synced first, then the pointer is replaced."""
        for file in path.iterdir():
            if file.is_file():
                _sync(file)
        _sync(path)
        aside = self.root / (_POINTER + ".new")
        aside.write_text(path.name + "\n", encoding="utf-8")
        _sync(aside)
        aside.replace(self.root / _POINTER)
        _sync(self.root)

    def sweep(self, *, keep: tuple[Path | None, ...]) -> None:
        """Remove every generation but these: one is kept behind for readers still in it."""
        kept = {path.name for path in keep if path}
        for name in os.listdir(self.root):
            if _NAME.match(name) and name not in kept:
                shutil.rmtree(self.root / name, ignore_errors=True)

    @contextmanager
    def lock(self, *, timeout_s: float) -> Iterator[None]:
        """Be the one writer, across threads and processes, or raise IndexBusy."""
        self.root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = time.monotonic() + timeout_s
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise IndexBusy(timeout_s) from None
                    time.sleep(_POLL_S)
            yield
        finally:
            os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
