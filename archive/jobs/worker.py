"""The worker: one thread per lane, so that a long transcription does not delay a light job.

Handlers do heavy work in child processes; the threads here only wait for them. After
SIGTERM each running job stops at its next checkpoint. No job is lost on a crash, a
shutdown, an error of a handler or a database that does not answer.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Literal

from sqlalchemy.exc import IntegrityError

from archive import queue
from archive.access import machine
from archive.actions.discovery import rebuilding
from archive.actions.editing import presence
from archive.actions.office import backup_nightly, workers
from archive.actions.office.clock_check import ClockWatch
from archive.back_off import back_off_s
from archive.jobs import daily
from archive.jobs.context import JobContext, JobParked, JobProblem, ShutdownRequested
from archive.jobs.outage import HEARTBEAT, LONGEST_PAUSE_S, DatabaseOutage
from archive.jobs.registry import JOBS
from archive.models.vocabulary import LANES, Lane
from archive.storage_faults import is_database_lost, is_disk_full
from archive.toolbox import Toolbox

RunEnd = Literal["cancelled", "released", "parked", "interrupted", "fails", "final"]

log = logging.getLogger(__name__)

JOIN_TIMEOUT_S = 1.0
"""A signal that arrives just before the main thread waits is handled only when it wakes, and a
join without timeout never wakes: one SIGTERM in seventy was lost on a busy machine."""
HEARTBEAT_JOIN_TIMEOUT_S = 5.0  # a server that does not answer must not hold up the end


class Worker:
    """Claim and run jobs until stopped. Any number of workers may run concurrently."""

    def __init__(self, toolbox: Toolbox, *, lanes: Sequence[Lane] = LANES) -> None:
        self.toolbox = toolbox
        self.lanes = tuple(lanes)
        self.host = socket.gethostname()
        self.name = workers.worker_name(self.host, os.getpid())
        self._stop = threading.Event()
        self._outage = DatabaseOutage()

    def stop(self) -> None:
        """Claim no more jobs; running ones end at their next checkpoint."""
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        """Return whether `stop` was called."""
        return self._stop.is_set()

    def run_forever(self) -> None:
        """Serve all lanes until `stop()`; return when the last running job has ended."""
        threads = [
            threading.Thread(target=self._serve, args=(lane,), name=f"lane-{lane}")
            for lane in self.lanes
        ]
        with self._heartbeats():
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(JOIN_TIMEOUT_S)

    def run_until_idle(self) -> int:
        """Run all queued jobs and their follow-ups; parked jobs stay. Return the count."""
        with self._heartbeats():
            return self._run_until_idle()

    def _run_until_idle(self) -> int:
        count = 0
        while not self._stop.is_set():
            if self.run_one(self.lanes):
                count += 1
                continue
            with self.toolbox.database.reading() as db:
                if queue.is_idle(db):
                    return count
            self._reconcile()
            # `_stop.wait()` would deadlock: a signal is handled in this thread, and `set()`
            # waits for the lock that the wait holds.
            time.sleep(self.toolbox.settings.poll_s)
        return count

    def run_one(self, lanes: Sequence[str]) -> bool:
        """Claim and run one job; return False if there was none."""
        database = self.toolbox.database
        with database.reading() as db:
            if not queue.has_claimable_job(db, lanes):
                return False
        with database.writing() as db:
            lease = queue.claim(db, lanes, worker=self.name, lease_s=self.toolbox.settings.lease_s)
        if lease is None:
            return False
        self._run(lease)
        return True

    def _serve(self, lane: Lane) -> None:
        next_reconcile = 0.0
        failures = 0
        while not self._stop.is_set():
            try:
                if time.monotonic() >= next_reconcile:
                    self._reconcile()
                    self._enqueue_daily_jobs()
                    next_reconcile = time.monotonic() + self.toolbox.settings.lease_s / 2
                has_run = self.run_one((lane,))
                failures = 0
                self._outage.end(lane)
                if not has_run:
                    self._stop.wait(self.toolbox.settings.poll_s)
            except Exception as error:
                # The lane goes on after any error: one that ended would look like an idle worker.
                if is_database_lost(error, self.toolbox.settings.database_url):
                    self._outage.begin(lane, error)
                else:
                    log.exception("lane %s: unexpected error, retrying", lane)
                failures += 1
                self._stop.wait(back_off_s(failures, longest_s=LONGEST_PAUSE_S))

    def _reconcile(self) -> None:
        with self.toolbox.database.writing() as db:
            requeued = queue.reconcile(db)
            presence.delete_expired(db)
        if requeued:
            log.warning("%d jobs of lost workers were queued again", requeued)

    @contextlib.contextmanager
    def _heartbeats(self) -> Iterator[None]:
        """Report until the block ends that this worker runs, with or without a job."""
        done = threading.Event()
        thread = threading.Thread(
            target=self._send_heartbeats, args=(done,), name="worker-heartbeat", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            done.set()
            self._outage.began.set()
            thread.join(HEARTBEAT_JOIN_TIMEOUT_S)
            with contextlib.suppress(Exception), self.toolbox.database.writing() as db:
                workers.remove_heartbeat(db, self.name)

    def _send_heartbeats(self, done: threading.Event) -> None:
        """Report that this worker runs, and find out when a lost database takes writes again."""
        watch = ClockWatch()
        failures = 0
        while True:
            try:
                with self.toolbox.database.writing() as db:
                    row = workers.record_heartbeat(db, name=self.name, host=self.host)
                    watch.record_jump(db, machine("worker"), row)
                watch.accept()
                failures = 0
                self._outage.end(HEARTBEAT)
            except Exception as error:
                failures += 1
                if is_database_lost(error, self.toolbox.settings.database_url):
                    self._outage.begin(HEARTBEAT, error)
                else:
                    log.exception("no heartbeat of the worker")
            pause_s = workers.BEAT_INTERVAL_S
            if self._outage.is_lost:
                pause_s = back_off_s(failures, longest_s=workers.BEAT_INTERVAL_S)
            self._outage.began.wait(pause_s)
            self._outage.began.clear()
            if done.is_set():
                return

    def _enqueue_daily_jobs(self) -> None:
        # Two workers may enqueue at once: the unique key admits one of them.
        with contextlib.suppress(IntegrityError), self.toolbox.database.writing() as db:
            daily.enqueue_due_jobs(db)
            backup_nightly.enqueue_due_backup(db, self.toolbox.settings)
        rebuilding.enqueue_if_needed(self.toolbox)

    def _run(self, lease: queue.Lease) -> None:
        context = JobContext(self.toolbox, lease, shutdown_requested=self._stop)
        database = self.toolbox.database
        handler = JOBS.get(lease.kind)
        try:
            with context.heartbeat():
                if handler is None:
                    raise JobProblem("unknown_job_kind", final=True, kind=lease.kind)
                result = handler(context)
            with database.writing() as db:
                queue.finish(db, lease, result)
        except queue.LeaseLost:
            log.warning("job %s (%s) is held by another worker now", lease.job_id, lease.kind)
        except queue.Cancelled:
            self._end_lease(lease, "cancelled")
        except ShutdownRequested:
            self._end_lease(lease, "released")
        except JobParked as parked:
            self._end_lease(
                lease, "parked", problem=parked.code, detail=parked.detail, pause=parked.pause
            )
        except JobProblem as problem:
            self._end_lease(
                lease,
                "final" if problem.final else "fails",
                problem=problem.code,
                detail=problem.detail,
            )
        except (Exception, SystemExit) as error:
            is_lost = is_database_lost(error, self.toolbox.settings.database_url)
            if is_lost:
                self._outage.begin(HEARTBEAT, error)
            if is_disk_full(error, self.toolbox.settings.database_url):
                # Of index, vault or database, which may still have space for this short write.
                log.warning("job %s (%s) waits: the disk is full", lease.job_id, lease.kind)
                self._end_lease(lease, "parked", problem="no_space_for_job")
                return
            if is_lost:
                self._end_lease(lease, "interrupted")
                return
            log.exception("job %s (%s) failed", lease.job_id, lease.kind)
            self._end_lease(
                lease, "fails", problem="unexpected", detail={"error": repr(error)[:500]}
            )

    def _end_lease(
        self,
        lease: queue.Lease,
        outcome: RunEnd,
        *,
        problem: str = "",
        detail: dict[str, object] | None = None,
        pause: timedelta = queue.PARKED_RETRY_DELAY,
    ) -> None:
        try:
            with self.toolbox.database.writing() as db:
                if outcome == "cancelled":
                    queue.mark_cancelled(db, lease)
                elif outcome == "released":
                    queue.release(db, lease)
                elif outcome == "interrupted":
                    queue.interrupt(db, lease)
                elif outcome == "parked":
                    queue.park(db, lease, problem=problem, detail=detail or {}, pause=pause)
                else:
                    queue.fail(
                        db, lease, problem=problem, detail=detail or {}, final=outcome == "final"
                    )
        except queue.LeaseLost:
            log.warning("job %s (%s) is held by another worker now", lease.job_id, lease.kind)
