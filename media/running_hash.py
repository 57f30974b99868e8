"""SHA-256 of uploads, computed while they grow.

The state is in the memory of this process. Bytes it has not hashed (after a restart, or
received by another process) are read from the disk: up to CATCH_UP_BYTES with each
request, so that none waits for a whole film, and the rest at the end.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from media.disk import BUFFER_BYTES, Disk

CATCH_UP_BYTES = 256 * 1024 * 1024
KEPT_STATES = 512


@dataclass(slots=True)
class _State:
    seen_bytes: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    in_step: bool = False  # whether every byte before the current request is hashed


class RunningHashes:
    """Hash states by upload. Callers hold the upload's lock; the table has a lock of its own."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._table: OrderedDict[str, _State] = OrderedDict()
        self._guard = threading.Lock()

    def begin_append(self, key: str, descriptor: int, size: int) -> None:
        """Prepare to hash bytes that follow the first `size` ones."""
        state = self._state(key)
        self._catch_up(state, descriptor, min(size, state.seen_bytes + CATCH_UP_BYTES))
        state.in_step = state.seen_bytes == size

    def update(self, key: str, block: bytes) -> None:
        """Hash a block that was just written to the disk."""
        state = self._state(key)
        if state.in_step:
            state.digest.update(block)
            state.seen_bytes += len(block)

    def hexdigest_of(self, key: str, descriptor: int, size: int) -> str:
        """Return the hash of the first `size` bytes, in hex."""
        state = self._state(key)
        self._catch_up(state, descriptor, size)
        return str(state.digest.hexdigest())

    def forget(self, key: str) -> None:
        """Remove the state of an upload."""
        with self._guard:
            self._table.pop(key, None)

    def _state(self, key: str) -> _State:
        with self._guard:
            state = self._table.setdefault(key, _State())
            self._table.move_to_end(key)
            while len(self._table) > KEPT_STATES:
                self._table.popitem(last=False)
            return state

    def _catch_up(self, state: _State, descriptor: int, to_bytes: int) -> None:
        if state.seen_bytes > to_bytes:  # the file is shorter than remembered: begin again
            state.seen_bytes, state.digest = 0, hashlib.sha256()
        while state.seen_bytes < to_bytes:
            size = min(BUFFER_BYTES, to_bytes - state.seen_bytes)
            block = self._disk.read_at(descriptor, size, state.seen_bytes)
            if not block:
                break
            state.digest.update(block)
            state.seen_bytes += len(block)
