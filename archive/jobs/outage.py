"""A database that does not answer: one sentence when it begins and one when it ends."""

from __future__ import annotations

import logging
import threading

LONGEST_PAUSE_S = 30.0
HEARTBEAT = "heartbeat"

log = logging.getLogger(__name__)


class DatabaseOutage:
    """Shared by the threads of a worker, so that each outage is reported once.

    It ends when every thread that failed went on, and a heartbeat was stored: a lane without a
    job only reads, which a full disk allows.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failing: set[str] = set()
        self.began = threading.Event()
        """Wakes the thread of the heartbeat, so that it tries again soon."""

    @property
    def is_lost(self) -> bool:
        """Return whether an outage has begun and not ended."""
        return bool(self._failing)

    def begin(self, where: str, error: BaseException) -> None:
        """Report that the database does not answer, unless this was reported already."""
        with self._lock:
            if not self._failing:
                cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
                log.warning(
                    "The database does not answer (%s). The worker waits and tries again; no job"
                    " is lost.",
                    cause,
                )
                self.began.set()
            self._failing |= {where, HEARTBEAT}

    def end(self, where: str) -> None:
        """Report that the database answers again, if this was the last to fail."""
        with self._lock:
            if self._failing == {where}:
                log.warning("The database answers again.")
            self._failing.discard(where)
