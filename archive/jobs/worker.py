"""Runs jobs: one thread a lane, so that a three-hour transcription never holds up a save.

Heavy work happens in child processes of the handlers; the threads here only wait
for them. SIGTERM lets the work in hand reach its next checkpoint.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from archive import queue
from archive.actions import presence
from archive.jobs import daily
from archive.jobs.context import Interrupted, JobContext, JobProblem, JobWaits
from archive.jobs.registry import JOBS
from archive.toolbox import Toolbox

log = logging.getLogger(__name__)

LISTEN_EVERY_S = 1.0
"""A signal that comes right before the main thread waits is heard only when it wakes again,
and a wait without an end never does: one SIGTERM in seventy was lost on a busy machine."""


class Worker:
    """Claims and runs jobs until stopped. Any number of workers may run beside each other."""

    def __init__(self, toolbox: Toolbox, *, lanes: Sequence[str] = queue.LANES) -> None:
        self.toolbox = toolbox
        self.lanes = tuple(lanes)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._stop = threading.Event()

    def stop(self) -> None:
        """Take no more jobs; the ones in hand end at their next checkpoint."""
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

    def run_forever(self) -> None:
        """Serve all lanes until `stop()`; returns when the last job in hand has ended."""
        threads = [
            threading.Thread(target=self._serve, args=(lane,), name=f"lane-{lane}")
            for lane in self.lanes
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(LISTEN_EVERY_S)

    def run_until_idle(self) -> int:
        """Run what is queued, and what follows from it; jobs that wait for a person stay."""
        count = 0
        while not self._stop.is_set():
            if self.run_one(self.lanes):
                count += 1
                continue
            with self.toolbox.database.reading() as db:
                if queue.is_idle(db):
                    return count
            self._reconcile()
            # Not by waiting for `_stop`: a signal is handled in this thread, and would wait
            # for the lock that this very wait holds.
            time.sleep(self.toolbox.settings.poll_s)
        return count

    def run_one(self, lanes: Sequence[str]) -> bool:
        """Claim and run one job; False when there was none."""
        database = self.toolbox.database
        with database.reading() as db:
            if not queue.has_work(db, lanes):
                return False
        with database.writing() as db:
            lease = queue.claim(db, lanes, worker=self.name, lease_s=self.toolbox.settings.lease_s)
        if lease is None:
            return False
        self._run(lease)
        return True

    def _serve(self, lane: str) -> None:
        next_reconcile = 0.0
        while not self._stop.is_set():
            try:
                if time.monotonic() >= next_reconcile:
                    self._reconcile()
                    self._plan_the_day()
                    next_reconcile = time.monotonic() + self.toolbox.settings.lease_s / 2
                if not self.run_one((lane,)):
                    self._stop.wait(self.toolbox.settings.poll_s)
            except Exception:
                # Most often a database that does not answer. Whatever it is: a lane that
                # ended in silence would look like a worker with nothing to do.
                log.exception("lane %s stumbled and tries again", lane)
                self._stop.wait(self.toolbox.settings.poll_s * 4)

    def _reconcile(self) -> None:
        with self.toolbox.database.writing() as db:
            returned = queue.reconcile(db)
            presence.forget(db)
        if returned:
            log.warning("%d jobs of lost workers were queued again", returned)

    def _plan_the_day(self) -> None:
        # Two workers may plan at once: the unique key lets one of them win.
        with contextlib.suppress(IntegrityError), self.toolbox.database.writing() as db:
            daily.plan(db)

    def _run(self, lease: queue.Lease) -> None:
        context = JobContext(self.toolbox, lease, leaving=self._stop)
        database = self.toolbox.database
        handler = JOBS.get(lease.kind)
        try:
            with context.heart():
                if handler is None:
                    raise JobProblem("unknown_job_kind", final=True, kind=lease.kind)
                result = handler(context)
            with database.writing() as db:
                queue.finish(db, lease, result)
        except queue.LeaseLost:
            log.warning("job %s (%s) is held by another worker now", lease.job_id, lease.kind)
        except queue.Cancelled:
            self._close(lease, "cancelled")
        except Interrupted:
            self._close(lease, "given back")
        except JobWaits as waits:
            self._close(lease, "waits", problem=waits.code, detail=waits.detail)
        except JobProblem as problem:
            self._close(
                lease, "final" if problem.final else "fails", problem=problem.code,
                detail=problem.detail,
            )  # fmt: skip
        except (Exception, SystemExit) as error:
            log.exception("job %s (%s) failed", lease.job_id, lease.kind)
            self._close(lease, "fails", problem="unexpected", detail={"error": repr(error)[:500]})

    def _close(
        self,
        lease: queue.Lease,
        how: str,
        *,
        problem: str = "",
        detail: dict[str, object] | None = None,
    ) -> None:
        try:
            with self.toolbox.database.writing() as db:
                if how == "cancelled":
                    queue.cancelled(db, lease)
                elif how == "given back":
                    queue.give_back(db, lease)
                elif how == "waits":
                    queue.wait(db, lease, problem=problem, detail=detail or {})
                else:
                    queue.fail(
                        db, lease, problem=problem, detail=detail or {}, final=how == "final"
                    )
        except queue.LeaseLost:
            log.warning("job %s (%s) is held by another worker now", lease.job_id, lease.kind)
