"""The job table as a queue: claim, heartbeat, checkpoint, finish.

A claim is one conditional UPDATE; every write to a running job names its lease token,
so a worker whose lease expired cannot overwrite its successor. There is no broker:
a job is inserted in the transaction that requires it.
Measured: docs/decisions/2026-11-23-the-database-is-the-queue.md.

`entries` inserts, cancels and retries jobs, `leases` claims them and writes with the lease,
`recovery` takes jobs back from killed workers, `clock` decides which instants have passed.
"""

from __future__ import annotations

from archive.queue.clock import LONGEST_LEASE, LONGEST_RETRY_DELAY, PARKED_RETRY_DELAY, database_now
from archive.queue.entries import enqueue, is_idle, request_cancel, retry
from archive.queue.leases import (
    MOST_INTERRUPTIONS,
    Cancelled,
    Lease,
    LeaseLost,
    assert_lease,
    claim,
    fail,
    finish,
    has_claimable_job,
    heartbeat,
    mark_cancelled,
    park,
    record_progress,
    release,
    waits_for_person,
)
from archive.queue.recovery import interrupt, reconcile

__all__ = [
    "LONGEST_LEASE",
    "LONGEST_RETRY_DELAY",
    "MOST_INTERRUPTIONS",
    "PARKED_RETRY_DELAY",
    "Cancelled",
    "Lease",
    "LeaseLost",
    "assert_lease",
    "claim",
    "database_now",
    "enqueue",
    "fail",
    "finish",
    "has_claimable_job",
    "heartbeat",
    "interrupt",
    "is_idle",
    "mark_cancelled",
    "park",
    "reconcile",
    "record_progress",
    "release",
    "request_cancel",
    "retry",
    "waits_for_person",
]
