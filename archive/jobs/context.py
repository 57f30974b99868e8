"""What a job handler is given: its tools, its lease, and the only ways to write about itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Actor
from archive.models import User
from archive.toolbox import Toolbox


class JobProblem(Exception):
    """The job cannot be done. `code` is translated by pages; `final` forbids another try."""

    def __init__(self, code: str, *, final: bool = False, **detail: Any) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.final = final
        self.detail = detail


class JobWaits(Exception):
    """Something outside must change first, such as a model file being put in its folder."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Interrupted(Exception):
    """The worker was asked to leave: what is done is kept, another run does the rest."""


class JobContext:
    """One run of one job. Every write is fenced by the lease; handlers must be idempotent.

    Once `leaving` is set the run ends by Interrupted behind the next thing it writes.
    """

    def __init__(
        self, toolbox: Toolbox, lease: queue.Lease, *, leaving: threading.Event | None = None
    ) -> None:
        self.toolbox = toolbox
        self._leaving = leaving or threading.Event()
        self.lease = lease
        self.payload = lease.payload
        self._stopped: queue.LeaseLost | queue.Cancelled | None = None
        self._done = threading.Event()

    @property
    def actor(self) -> Actor:
        """The worker, on behalf of whoever asked for the job."""
        with self.toolbox.database.reading() as db:
            user = db.get(User, self.lease.requested_by_id) if self.lease.requested_by_id else None
            name = f"worker for {user.name}" if user is not None else "worker"
        return access.machine(name)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent view of the archive."""
        with self.toolbox.database.reading() as db:
            yield db

    @contextmanager
    def checkpoint(self) -> Iterator[Session]:
        """A transaction that commits only while the lease is ours; raises LeaseLost."""
        self.stop_if_asked()
        with self.toolbox.database.writing() as db:
            queue.hold(db, self.lease)
            yield db
        self._leave_if_asked()

    def progress(self, fraction: float, message: str = "", **detail: Any) -> None:
        """Tell how far, as a part of 1, with a stage code; raises LeaseLost or Cancelled."""
        self.stop_if_asked()
        changes: dict[str, Any] = {"progress": max(0.0, min(1.0, fraction))}
        if message:
            changes["message"] = message
        if detail:
            changes["detail"] = detail
        with self.toolbox.database.writing() as db:
            queue.heartbeat(db, self.lease, lease_s=self.toolbox.settings.lease_s, **changes)
        self._leave_if_asked()

    def is_cancelled(self) -> bool:
        """Whether to stop: for loops in child processes that poll instead of raising."""
        return self._stopped is not None

    def stop_if_asked(self) -> None:
        """Raise what the heartbeat found out, if anything."""
        if self._stopped is not None:
            raise self._stopped

    def _leave_if_asked(self) -> None:
        if self._leaving.is_set():
            raise Interrupted

    @contextmanager
    def heart(self) -> Iterator[None]:
        """Beat at a third of the lease until the block ends.

        A busy database must not kill a job, so a failed beat is tried again: a lease
        holds three.
        """
        thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def _beat(self) -> None:
        lease_s = self.toolbox.settings.lease_s
        pause_s = min(lease_s / 3, 2.0)  # a cancel is noticed within two seconds
        while not self._done.wait(pause_s):
            try:
                with self.toolbox.database.writing() as db:
                    queue.heartbeat(db, self.lease, lease_s=lease_s)
            except (queue.LeaseLost, queue.Cancelled) as stopped:
                self._stopped = stopped
                return
            except DBAPIError:
                continue
