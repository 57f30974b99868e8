"""The context of a job handler: toolbox, lease, progress and checkpoints."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Rights
from archive.models import User
from archive.storage_faults import is_database_lost
from archive.toolbox import Toolbox

log = logging.getLogger(__name__)


class JobProblem(Exception):
    """The job cannot be done. Pages translate `code`; `final` forbids another attempt."""

    def __init__(self, code: str, *, final: bool = False, **detail: Any) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.final = final
        self.detail = detail


class JobParked(Exception):
    """The job needs an external change first, such as a model file in its folder."""

    def __init__(
        self, code: str, *, pause: timedelta = queue.PARKED_RETRY_DELAY, **detail: Any
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.pause = pause
        self.detail = detail


class ShutdownRequested(Exception):
    """The worker shuts down: checkpoints are kept, another run continues."""


class JobContext:
    """One run of one job. Every write is fenced by the lease; handlers must be idempotent.

    After shutdown is requested the run raises ShutdownRequested at its next checkpoint.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        lease: queue.Lease,
        *,
        shutdown_requested: threading.Event | None = None,
    ) -> None:
        self.toolbox = toolbox
        self._shutdown_requested = shutdown_requested or threading.Event()
        self.lease = lease
        self.payload = lease.payload
        self._stop_reason: queue.LeaseLost | queue.Cancelled | None = None
        self._done = threading.Event()

    @property
    def rights(self) -> Rights:
        """The rights of the machine, which is named after the user who requested the job."""
        with self.toolbox.database.reading() as db:
            user = db.get(User, self.lease.requested_by_id) if self.lease.requested_by_id else None
            name = f"worker for {user.name}" if user is not None else "worker"
        return access.rights_today(access.machine(name), self.toolbox.settings)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a reading transaction."""
        with self.toolbox.database.reading() as db:
            yield db

    @contextmanager
    def checkpoint(self, *, is_progress: bool = True) -> Iterator[Session]:
        """Open a writing transaction under the lease; raises LeaseLost or ShutdownRequested.

        What it stores need not be done again, unless `is_progress` is False: a job that only
        begins, again and again, makes no progress.
        """
        self.raise_if_stopped()
        with self.toolbox.database.writing() as db:
            queue.assert_lease(db, self.lease)
            if is_progress:
                queue.record_progress(db, self.lease)
            yield db
        self._raise_if_shutting_down()

    def progress(self, fraction: float, message: str = "", **detail: Any) -> None:
        """Store the fraction done and a stage code; raises as `raise_if_stopped` and LeaseLost."""
        self.raise_if_stopped()
        changes: dict[str, Any] = {"progress": max(0.0, min(1.0, fraction))}
        if message:
            changes["message"] = message
        if detail:
            changes["detail"] = detail
        with self.toolbox.database.writing() as db:
            queue.heartbeat(db, self.lease, lease_s=self.toolbox.settings.lease_s, **changes)
        self._raise_if_shutting_down()

    def is_cancelled(self) -> bool:
        """Return whether to stop; for callers that poll a child process."""
        return self._stop_reason is not None

    def raise_if_stopped(self) -> None:
        """Raise LeaseLost or Cancelled if the heartbeat found it."""
        if self._stop_reason is not None:
            raise self._stop_reason

    def _raise_if_shutting_down(self) -> None:
        if self._shutdown_requested.is_set():
            raise ShutdownRequested

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Extend the lease at a third of its length until the block ends.

        A heartbeat that fails on a busy database is repeated: a lease lasts three of them.
        """
        thread = threading.Thread(target=self._send_heartbeats, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def _send_heartbeats(self) -> None:
        lease_s = self.toolbox.settings.lease_s
        pause_s = min(lease_s / 3, 2.0)  # a cancel is noticed within two seconds
        while not self._done.wait(pause_s):
            try:
                with self.toolbox.database.writing() as db:
                    queue.heartbeat(db, self.lease, lease_s=lease_s)
            except (queue.LeaseLost, queue.Cancelled) as stopped:
                self._stop_reason = stopped
                return
            except Exception as error:
                if not is_database_lost(error, self.toolbox.settings.database_url):
                    log.exception("job %s: no heartbeat", self.lease.job_id)
