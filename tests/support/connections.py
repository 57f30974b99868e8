"""Count the pool connections that each thread holds at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class ConnectionCount:
    """`maximum` is the highest number of connections that one thread held at once."""

    def __init__(self) -> None:
        self.maximum = 0
        self._per_thread = threading.local()

    def _checked_out(self, *_: Any) -> None:
        self._per_thread.now = getattr(self._per_thread, "now", 0) + 1
        self.maximum = max(self.maximum, self._per_thread.now)

    def _checked_in(self, *_: Any) -> None:
        self._per_thread.now = getattr(self._per_thread, "now", 0) - 1


@contextmanager
def count_connections(engine: Engine) -> Iterator[ConnectionCount]:
    """Count within the block; starts at zero in every thread."""
    count = ConnectionCount()
    event.listen(engine, "checkout", count._checked_out)
    event.listen(engine, "checkin", count._checked_in)
    try:
        yield count
    finally:
        event.remove(engine, "checkout", count._checked_out)
        event.remove(engine, "checkin", count._checked_in)
