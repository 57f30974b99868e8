"""A database that does not answer: one sentence when it begins and one when it ends."""

from __future__ import annotations

import logging
import threading

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0

log = logging.getLogger(__name__)


class DatabaseOutage:
    """Shared by the threads of a worker, so that each outage is reported once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_lost = False

    def begin(self, error: BaseException) -> None:
        """Report that the database does not answer, unless this was reported already."""
        with self._lock:
            if not self._is_lost:
                cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
                log.warning(
                    "The database does not answer (%s). The worker waits and tries again; no job"
                    " is lost.",
                    cause,
                )
            self._is_lost = True

    def end(self) -> None:
        """Report that the database answers again, if it did not before."""
        with self._lock:
            if self._is_lost:
                log.warning("The database answers again.")
            self._is_lost = False


def pause_s(failures: int) -> float:
    """Return the pause after so many failures in a row: twice as long each time."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures, 10))
