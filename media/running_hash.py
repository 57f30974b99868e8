"""SHA-256 of uploads, kept as they grow.

A state lives in this process only. What it has not seen (a restart, a piece that another
process took) is read back from the disk: a bounded stretch with every piece, so that no
request waits for a whole film, and the rest at the end.
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
    # While a piece arrives: the state before it, and the piece's own checksum.
    before: _State | None = None
    piece: Any = None
    expected: bytes = b""
    in_step: bool = False


class RunningHashes:
    """One state per upload. Callers hold the upload's lock; only the table has its own."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._table: OrderedDict[str, _State] = OrderedDict()
        self._guard = threading.Lock()

    def begin_piece(
        self, key: str, descriptor: int, size: int, *, checksum: tuple[str, bytes] | None
    ) -> None:
        """Get ready for bytes that follow the first `size` ones. Raises ValueError for an
        unknown checksum name."""
        state = self._state(key)
        state.piece, state.expected = None, b""
        if checksum is not None:
            state.piece = hashlib.new(checksum[0], usedforsecurity=False)
            state.expected = checksum[1]
        self._catch_up(state, descriptor, min(size, state.seen_bytes + CATCH_UP_BYTES))
        state.in_step = state.seen_bytes == size
        state.before = _State(state.seen_bytes, state.digest.copy())

    def update(self, key: str, block: bytes) -> None:
        """Bytes that are on the disk now."""
        state = self._state(key)
        if state.piece is not None:
            state.piece.update(block)
        if state.in_step:
            state.digest.update(block)
            state.seen_bytes += len(block)

    def end_piece(self, key: str) -> bool:
        """Whether the piece is what it was said to be; if not, the state is as before it."""
        state = self._state(key)
        right = state.piece is None or state.piece.digest() == state.expected
        if not right and state.before is not None:
            state.seen_bytes, state.digest = state.before.seen_bytes, state.before.digest
        state.piece = state.before = None
        return right

    def whole(self, key: str, descriptor: int, size: int) -> str:
        """The hash of the first `size` bytes, in hex."""
        state = self._state(key)
        self._catch_up(state, descriptor, size)
        return str(state.digest.hexdigest())

    def forget(self, key: str) -> None:
        """Drop the state."""
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
