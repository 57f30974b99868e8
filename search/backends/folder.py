"""The directory of an index: numbered generations, and a pointer to the current one.

The file ``current`` has the name of a directory. It is replaced atomically, so a reader
opens the old index or the new one. Locks are flocks, released when their process ends: one
for who writes to the current generation, one for who builds the next.
"""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from search.analysis import ANALYZER_VERSION
from search.backends.base import IndexBusy
from search.backends.schema import SCHEMA_VERSION

_POINTER, _WRITER, _REBUILD = "current", "writer.lock", "rebuild.lock"
_POLL_S = 0.05
_NAME = re.compile(r"^on_disk-.+-(\d+)(?:-r[0-9a-f]{8})?(?:-f([0-9a-f]{8}))?$")
FOLDER_PREFIX = f"on_disk-s{SCHEMA_VERSION}-a{ANALYZER_VERSION}-"


class IndexFolder:
    """Manages generations and the lock under ``root``, not the content of a generation."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self) -> Path | None:
        """Return the directory that readers open, or None before the first write."""
        try:
            name = (self.root / _POINTER).read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return None
        return self.root / name

    def make_next(self, *, after: str = "") -> Path:
        """Create an empty directory for this schema and analysis; call under a lock.

        `after` is the name of the directory that it will follow.
        """
        numbers = [int(match[1]) for match in map(_NAME.match, os.listdir(self.root)) if match]
        # No name comes again, also after all generations were lost: the database notes it.
        name = f"{FOLDER_PREFIX}{max(numbers, default=0) + 1}-r{secrets.token_hex(4)}"
        if after:
            name += f"-f{_short_digest(after)}"
        path = self.root / name
        path.mkdir(mode=0o700)  # protects the files inside, which Whoosh creates with the umask
        return path

    def make_current(self, path: Path) -> None:
        """Sync the files of a directory, then make it current."""
        for file in path.iterdir():
            if file.is_file():
                _sync(file)
        _sync(path)
        aside = self.root / (_POINTER + ".new")
        aside.write_text(path.name + "\n", encoding="utf-8")
        _sync(aside)
        aside.replace(self.root / _POINTER)
        _sync(self.root)

    def delete_generations(self, *, keep: tuple[Path | None, ...]) -> None:
        """Delete every generation except those in `keep`, which readers may still use."""
        kept = {path.name for path in keep if path}
        for name in os.listdir(self.root):
            if _NAME.match(name) and name not in kept:
                shutil.rmtree(self.root / name, ignore_errors=True)

    def lock(self, *, timeout_s: float) -> AbstractContextManager[None]:
        """Hold the writer's lock across threads and processes. Raises IndexBusy."""
        return self._locked(_WRITER, timeout_s)

    def rebuild_lock(self, *, timeout_s: float) -> AbstractContextManager[None]:
        """Hold the lock of a rebuild, taken before the writer's. Raises IndexBusy."""
        return self._locked(_REBUILD, timeout_s)

    @contextmanager
    def _locked(self, name: str, timeout_s: float) -> Iterator[None]:
        self.root.mkdir(mode=0o700, exist_ok=True)  # a missing home is not created again
        descriptor = os.open(self.root / name, os.O_RDWR | os.O_CREAT, 0o600)
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


def follows(name: str, earlier: str) -> bool:
    """Return whether a directory was made to follow the one with the earlier name."""
    match = _NAME.match(name)
    return match is not None and match[2] == _short_digest(earlier)


def _short_digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
