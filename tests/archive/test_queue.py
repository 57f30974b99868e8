"""The job table as a queue: one holder at a time, nothing lost, nothing done twice."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from archive import queue
from archive.db import Database
from archive.models import Job
from archive.models.base import utc_now
from archive.models.vocabulary import LANES
from archive.queue import Cancelled, Lease, LeaseLost
from tests.support.postgres import ON_POSTGRESQL

THREADS = 8


def add(database: Database, *kinds: str, **how: object) -> list[str]:
    with database.writing() as db:
        return [queue.enqueue(db, kind, **how).id for kind in kinds]  # type: ignore[arg-type]


def claim(
    database: Database, lanes: tuple[str, ...] = LANES, *, worker: str = "w", lease_s: float = 60
) -> Lease | None:
    with database.writing() as db:
        return queue.claim(db, lanes, worker=worker, lease_s=lease_s)


def claimed(database: Database, **how: float) -> Lease:
    lease = claim(database, lease_s=how.get("lease_s", 60))
    assert lease is not None
    return lease


def job(database: Database, job_id: str) -> Job:
    with database.reading() as db:
        return db.get_one(Job, job_id)


def change_job(database: Database, job_id: str, action: Callable[[Session, Job], None]) -> None:
    with database.writing() as db:
        action(db, db.get_one(Job, job_id))


def expire_lease(database: Database, job_id: str) -> None:
    def expire(_db: Session, row: Job) -> None:
        row.lease_until_at = utc_now() - timedelta(seconds=1)

    change_job(database, job_id, expire)


def run_in_threads(action: Callable[[int], None]) -> None:
    """Run `act` in many threads that begin together; what one raises is raised."""
    barrier = threading.Barrier(THREADS)
    raised: list[BaseException] = []

    def run(number: int) -> None:
        barrier.wait()
        try:
            action(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_claim_takes_oldest_job_first(database: Database) -> None:
    first, second = add(database, "a", "b")
    assert [claimed(database).job_id, claimed(database).job_id] == [first, second]
    assert claim(database) is None


def test_claim_by_many_workers_takes_each_job_once(database: Database) -> None:
    ids = add(database, *["a"] * 60)
    taken: list[str] = []

    def work(number: int) -> None:
        while lease := claim(database, worker=f"w{number}"):
            taken.append(lease.job_id)
            with database.writing() as db:
                queue.finish(db, lease)

    run_in_threads(work)
    assert Counter(taken) == Counter(ids)
    with database.reading() as db:
        assert db.scalar(select(func.max(Job.attempts))) == 1
        assert db.scalar(select(func.count()).where(Job.state == "done")) == 60


def test_claim_of_one_job_by_many_workers_succeeds_once(database: Database) -> None:
    [job_id] = add(database, "a")
    leases: list[Lease | None] = []
    run_in_threads(lambda number: leases.append(claim(database, worker=f"w{number}")))
    [lease] = [found for found in leases if found is not None]
    row = job(database, job_id)
    assert (row.state, row.lease_token, row.attempts) == ("running", lease.token, 1)


@ON_POSTGRESQL
def test_claim_skips_job_locked_by_another_claim(database: Database) -> None:
    first, second = add(database, "a", "b")
    with database.writing() as one, database.writing() as other:
        lease = queue.claim(one, LANES, worker="one", lease_s=60)
        next_lease = queue.claim(other, LANES, worker="other", lease_s=60)
    assert lease is not None
    assert next_lease is not None
    assert (lease.job_id, next_lease.job_id) == (first, second)


def test_claim_orders_by_priority_within_lanes(database: Database) -> None:
    add(database, "slow", lane="light")
    [heavy] = add(database, "hear", lane="speech")
    [urgent] = add(database, "urgent", priority=1)
    assert claimed(database).job_id == urgent
    speech = claim(database, ("speech",))
    assert speech is not None
    assert speech.job_id == heavy
    assert claim(database, ("speech",)) is None
    assert claim(database, ()) is None


def test_claim_takes_a_job_without_priority_as_one_of_priority_zero(database: Database) -> None:
    first, second, third = (
        *add(database, "a", priority=0),
        *add(database, "b"),
        *add(database, "c", priority=0),
    )
    assert [claimed(database).job_id for _each in range(3)] == [first, second, third]


def test_claim_before_run_after_at_returns_none(database: Database) -> None:
    add(database, "later", run_after_at=utc_now() + timedelta(minutes=9))
    with database.reading() as db:
        assert not queue.has_claimable_job(db, LANES)
    assert claim(database) is None


def test_claim_returns_lease_with_job_fields(database: Database) -> None:
    add(database, "a", payload={"subject_id": "x"}, attempts_allowed=3)
    lease = claimed(database)
    assert (lease.kind, lease.payload, lease.attempt) == ("a", {"subject_id": "x"}, 1)
    assert (lease.attempts_allowed, lease.interview_id, lease.requested_by_id) == (3, "", "")


def test_claim_in_the_transaction_of_enqueue_counts_the_attempt(database: Database) -> None:
    with database.writing() as db:
        queued = queue.enqueue(db, "a")
        lease = queue.claim(db, LANES, worker="w", lease_s=60)
        assert (queued.state, queued.attempts) == ("running", 1)
    assert lease is not None
    assert lease.attempt == 1


@ON_POSTGRESQL
def test_claim_by_worker_whose_clock_is_slow_takes_the_job(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    [job_id] = add(database, "a")
    monkeypatch.setattr(queue.clock, "utc_now", lambda: utc_now() - timedelta(hours=1))
    assert claimed(database).job_id == job_id


@pytest.mark.parametrize(
    "write",
    [
        lambda db, lease: queue.heartbeat(db, lease, lease_s=60, progress=0.9),
        lambda db, lease: queue.assert_lease(db, lease),
        lambda db, lease: queue.finish(db, lease, {"who": "the expired lease"}),
        lambda db, lease: queue.fail(db, lease, problem="x", detail={}, final=True),
        lambda db, lease: queue.park(db, lease, problem="x", detail={}),
        lambda db, lease: queue.mark_cancelled(db, lease),
    ],
    ids=["heartbeat", "assert_lease", "finish", "fail", "park", "mark_cancelled"],
)
def test_write_with_expired_lease_raises_lease_lost(
    database: Database, write: Callable[[Session, Lease], None]
) -> None:
    [job_id] = add(database, "a")
    expired_lease = claimed(database)
    expire_lease(database, job_id)
    with database.writing() as db:
        assert queue.reconcile(db) == 1
    new_lease = claimed(database)
    with pytest.raises(LeaseLost), database.writing() as db:
        write(db, expired_lease)
    row = job(database, job_id)
    assert (row.state, row.lease_token, row.progress) == ("running", new_lease.token, 0.0)
    with database.writing() as db:
        queue.finish(db, new_lease, {"who": "the new lease"})
    with pytest.raises(LeaseLost), database.writing() as db:
        write(db, expired_lease)
    assert (job(database, job_id).state, job(database, job_id).result) == (
        "done",
        {"who": "the new lease"},
    )


@ON_POSTGRESQL
def test_reconcile_skips_job_locked_by_checkpoint(database: Database) -> None:
    """The row lock of the checkpoint prevents the reconciler from queueing the job."""
    [job_id] = add(database, "a")
    lease = claimed(database)
    expire_lease(database, job_id)
    with database.writing() as mine, database.writing() as other:
        queue.assert_lease(mine, lease)
        assert queue.reconcile(other) == 0
        queue.heartbeat(mine, lease, lease_s=60)
    assert job(database, job_id).lease_token == lease.token


def test_heartbeat_extends_lease_and_stores_progress(database: Database) -> None:
    [job_id] = add(database, "a")
    lease = claimed(database, lease_s=5)
    before = job(database, job_id).lease_until_at
    with database.writing() as db:
        queue.heartbeat(db, lease, lease_s=600, progress=0.4, message="hearing")
    row = job(database, job_id)
    assert before is not None
    assert row.lease_until_at is not None
    assert row.lease_until_at > before + timedelta(seconds=500)
    assert (row.progress, row.message) == (0.4, "hearing")


def test_reconcile_queues_expired_job_once(database: Database) -> None:
    expired, running = add(database, "a", "b")
    for _each in (expired, running):
        claimed(database)
    expire_lease(database, expired)
    counts: list[int] = []

    def reconcile(_number: int) -> None:
        with database.writing() as db:
            counts.append(queue.reconcile(db))

    run_in_threads(reconcile)
    assert sum(counts) == 1
    assert job(database, expired).state == "queued"
    assert job(database, running).state == "running"


def test_reconcile_of_cancelled_job_cancels_it(database: Database) -> None:
    [job_id] = add(database, "a")
    claimed(database)
    change_job(database, job_id, queue.request_cancel)
    expire_lease(database, job_id)
    with database.writing() as db:
        queue.reconcile(db)
    assert job(database, job_id).state == "cancelled"


def test_request_cancel_of_running_job_acts_at_heartbeat(
    database: Database,
) -> None:
    running, waiting = add(database, "a", "b")
    lease = claimed(database)
    for one in (running, waiting):
        change_job(database, one, queue.request_cancel)
    assert job(database, waiting).state == "cancelled"
    assert job(database, running).state == "running"
    with pytest.raises(Cancelled), database.writing() as db:
        queue.heartbeat(db, lease, lease_s=60)
    with database.writing() as db:
        queue.mark_cancelled(db, lease)
    assert job(database, running).state == "cancelled"
    change_job(database, running, queue.request_cancel)
    assert job(database, running).state == "cancelled"


def test_release_queues_job_without_counting_attempt(database: Database) -> None:
    [job_id] = add(database, "a", attempts_allowed=1)
    lease = claimed(database)
    with database.writing() as db:
        queue.release(db, lease)
    assert (claimed(database).job_id, job(database, job_id).attempts) == (job_id, 1)


@pytest.mark.parametrize(
    "end", [queue.release, functools.partial(queue.park, problem="x", detail={})]
)
def test_park_and_release_keep_earlier_attempts(
    database: Database, end: Callable[[Session, Lease], None]
) -> None:
    [job_id] = add(database, "a")
    change_job(database, job_id, lambda _db, row: setattr(row, "attempts", 2))
    lease = claimed(database)
    with database.writing() as db:
        end(db, lease)
    assert (lease.attempt, job(database, job_id).attempts) == (3, 2)


def test_fail_backs_off_and_ends_after_last_attempt(database: Database) -> None:
    """The fifth and later attempts: their pauses last longer than the test."""
    [job_id] = add(database, "a", attempts_allowed=8)
    change_job(database, job_id, lambda _db, row: setattr(row, "attempts", 4))
    for pause_s in (32, 64, 128):
        lease = claimed(database)
        before = utc_now()
        with database.writing() as db:
            queue.fail(db, lease, problem="busy", detail={"n": lease.attempt}, final=False)
        row = job(database, job_id)
        assert (row.state, row.problem, row.detail) == ("queued", "busy", {"n": lease.attempt})
        pause = timedelta(seconds=pause_s)
        assert before + pause <= row.run_after_at <= utc_now() + pause
        assert claim(database) is None
        change_job(database, job_id, lambda _db, row: setattr(row, "run_after_at", utc_now()))
    last = claimed(database)
    with database.writing() as db:
        queue.fail(db, last, problem="busy", detail={}, final=False)
    assert job(database, job_id).state == "failed"


def test_fail_backs_off_at_most_ten_minutes(database: Database) -> None:
    [job_id] = add(database, "a", attempts_allowed=99)
    change_job(database, job_id, lambda _db, row: setattr(row, "attempts", 40))
    lease = claimed(database)
    with database.writing() as db:
        queue.fail(db, lease, problem="busy", detail={}, final=False)
    pause = job(database, job_id).run_after_at - utc_now()
    assert timedelta(minutes=9) < pause <= queue.LONGEST_RETRY_DELAY


def test_park_retries_without_counting_attempt(database: Database) -> None:
    [job_id] = add(database, "a", attempts_allowed=1)
    for _again in range(3):
        lease = claimed(database)
        with database.writing() as db:
            queue.park(db, lease, problem="model_missing", detail={"model": "small"})
        row = job(database, job_id)
        assert (row.state, row.attempts, row.problem) == ("waiting", 0, "model_missing")
        assert claim(database) is None
        change_job(database, job_id, lambda _db, row: setattr(row, "run_after_at", utc_now()))
    with database.reading() as db:
        assert queue.is_idle(db)


def test_reconcile_queues_expired_job_whose_key_is_queued(database: Database) -> None:
    [first] = add(database, "index", unique_key="index")
    claimed(database)
    add(database, "index", unique_key="index")
    expire_lease(database, first)
    with database.writing() as db:
        assert queue.reconcile(db) == 1
    assert {claimed(database).job_id, claimed(database).job_id} >= {first}


def test_has_claimable_job_takes_no_write_lock(database: Database) -> None:
    begun: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def _note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        begun.append(statement)

    with database.reading() as db:
        assert not queue.has_claimable_job(db, LANES)
    assert begun
    assert not [statement for statement in begun if "IMMEDIATE" in statement]
