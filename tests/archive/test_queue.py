"""The job table as a queue: one holder at a time, nothing lost, nothing done twice."""

from __future__ import annotations

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
from archive.queue import Cancelled, Lease, LeaseLost
from tests.postgres import ON_POSTGRESQL

THREADS = 8
BOTH = queue.LANES


def add(database: Database, *kinds: str, **how: object) -> list[str]:
    with database.writing() as db:
        return [queue.enqueue(db, kind, **how).id for kind in kinds]  # type: ignore[arg-type]


def claim(
    database: Database, lanes: tuple[str, ...] = BOTH, *, worker: str = "w", lease_s: float = 60
) -> Lease | None:
    with database.writing() as db:
        return queue.claim(db, lanes, worker=worker, lease_s=lease_s)


def held(database: Database, **how: float) -> Lease:
    lease = claim(database, lease_s=how.get("lease_s", 60))
    assert lease is not None
    return lease


def job(database: Database, job_id: str) -> Job:
    with database.reading() as db:
        return db.get_one(Job, job_id)


def change(database: Database, job_id: str, act: Callable[[Session, Job], None]) -> None:
    with database.writing() as db:
        act(db, db.get_one(Job, job_id))


def let_it_lapse(database: Database, job_id: str) -> None:
    def lapse(_db: Session, row: Job) -> None:
        row.lease_until_at = utc_now() - timedelta(seconds=1)

    change(database, job_id, lapse)


def at_once(act: Callable[[int], None]) -> None:
    """Run `act` in many threads that begin together; what one raises is raised."""
    gate = threading.Barrier(THREADS)
    raised: list[BaseException] = []

    def run(number: int) -> None:
        gate.wait()
        try:
            act(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_the_oldest_of_equals_is_taken_first(database: Database) -> None:
    first, second = add(database, "a", "b")
    assert [held(database).job_id, held(database).job_id] == [first, second]
    assert claim(database) is None


def test_many_workers_take_every_job_once(database: Database) -> None:
    ids = add(database, *["a"] * 60)
    taken: list[str] = []

    def work(number: int) -> None:
        while lease := claim(database, worker=f"w{number}"):
            taken.append(lease.job_id)
            with database.writing() as db:
                queue.finish(db, lease)

    at_once(work)
    assert Counter(taken) == Counter(ids)
    with database.reading() as db:
        assert db.scalar(select(func.max(Job.attempts))) == 1
        assert db.scalar(select(func.count()).where(Job.state == "done")) == 60


def test_one_job_and_many_workers_have_one_holder(database: Database) -> None:
    [only] = add(database, "a")
    leases: list[Lease | None] = []
    at_once(lambda number: leases.append(claim(database, worker=f"w{number}")))
    [lease] = [found for found in leases if found is not None]
    row = job(database, only)
    assert (row.state, row.lease_token, row.attempts) == ("running", lease.token, 1)


@ON_POSTGRESQL
def test_a_claim_does_not_wait_for_another_claim(database: Database) -> None:
    first, second = add(database, "a", "b")
    with database.writing() as one, database.writing() as other:
        lease = queue.claim(one, BOTH, worker="one", lease_s=60)
        next_lease = queue.claim(other, BOTH, worker="other", lease_s=60)
    assert lease is not None
    assert next_lease is not None
    assert (lease.job_id, next_lease.job_id) == (first, second)


def test_what_matters_more_goes_first_and_lanes_do_not_mix(database: Database) -> None:
    add(database, "slow", lane="light")
    [heavy] = add(database, "hear", lane="speech")
    [urgent] = add(database, "urgent", priority=5)
    assert held(database).job_id == urgent
    speech = claim(database, ("speech",))
    assert speech is not None
    assert speech.job_id == heavy
    assert claim(database, ("speech",)) is None
    assert claim(database, ()) is None


def test_a_job_is_not_taken_before_its_time(database: Database) -> None:
    add(database, "later", run_after_at=utc_now() + timedelta(hours=1))
    with database.reading() as db:
        assert not queue.has_work(db, BOTH)
    assert claim(database) is None


def test_a_lease_tells_all_a_handler_needs(database: Database) -> None:
    add(database, "a", payload={"subject_id": "x"}, attempts_allowed=3)
    lease = held(database)
    assert (lease.kind, lease.payload, lease.attempt) == ("a", {"subject_id": "x"}, 1)
    assert (lease.attempts_allowed, lease.interview_id, lease.requested_by_id) == (3, "", "")


@pytest.mark.parametrize(
    "write",
    [
        lambda db, lease: queue.heartbeat(db, lease, lease_s=60, progress=0.9),
        lambda db, lease: queue.hold(db, lease),
        lambda db, lease: queue.finish(db, lease, {"who": "a ghost"}),
        lambda db, lease: queue.fail(db, lease, problem="x", detail={}, final=True),
        lambda db, lease: queue.wait(db, lease, problem="x", detail={}),
        lambda db, lease: queue.cancelled(db, lease),
    ],
    ids=["heartbeat", "hold", "finish", "fail", "wait", "cancelled"],
)
def test_a_worker_thought_dead_can_write_nothing(
    database: Database, write: Callable[[Session, Lease], None]
) -> None:
    [only] = add(database, "a")
    ghost = held(database)
    let_it_lapse(database, only)
    with database.writing() as db:
        assert queue.reconcile(db) == 1
    heir = held(database)
    with pytest.raises(LeaseLost), database.writing() as db:
        write(db, ghost)
    row = job(database, only)
    assert (row.state, row.lease_token, row.progress) == ("running", heir.token, 0.0)
    with database.writing() as db:
        queue.finish(db, heir, {"who": "the heir"})
    with pytest.raises(LeaseLost), database.writing() as db:
        write(db, ghost)
    assert (job(database, only).state, job(database, only).result) == ("done", {"who": "the heir"})


@ON_POSTGRESQL
def test_a_checkpoint_keeps_the_reconciler_out(database: Database) -> None:
    """Whoever holds the row in a transaction finishes it before anybody takes the job away."""
    [only] = add(database, "a")
    lease = held(database)
    let_it_lapse(database, only)
    with database.writing() as mine, database.writing() as other:
        queue.hold(mine, lease)
        assert queue.reconcile(other) == 0
        queue.heartbeat(mine, lease, lease_s=60)
    assert job(database, only).lease_token == lease.token


def test_a_heartbeat_prolongs_and_tells_how_far(database: Database) -> None:
    [only] = add(database, "a")
    lease = held(database, lease_s=5)
    before = job(database, only).lease_until_at
    with database.writing() as db:
        queue.heartbeat(db, lease, lease_s=600, progress=0.4, message="hearing")
    row = job(database, only)
    assert before is not None
    assert row.lease_until_at is not None
    assert row.lease_until_at > before + timedelta(seconds=500)
    assert (row.progress, row.message) == (0.4, "hearing")


def test_reconciling_gives_back_only_what_lapsed_and_only_once(database: Database) -> None:
    lapsed, alive = add(database, "a", "b")
    for _each in (lapsed, alive):
        held(database)
    let_it_lapse(database, lapsed)
    given_back: list[int] = []

    def reconcile(_number: int) -> None:
        with database.writing() as db:
            given_back.append(queue.reconcile(db))

    at_once(reconcile)
    assert sum(given_back) == 1
    assert job(database, lapsed).state == "queued"
    assert job(database, alive).state == "running"


def test_a_job_whose_workers_die_again_and_again_is_put_aside(database: Database) -> None:
    [poison] = add(database, "a", attempts_allowed=3)
    for attempt in (1, 2, 3):
        assert held(database).attempt == attempt
        let_it_lapse(database, poison)
        with database.writing() as db:
            queue.reconcile(db)
    row = job(database, poison)
    assert (row.state, row.problem) == ("failed", "worker_lost")
    assert row.finished_at is not None
    assert claim(database) is None


def test_a_cancelled_job_of_a_dead_worker_is_not_run_again(database: Database) -> None:
    [only] = add(database, "a")
    held(database)
    change(database, only, queue.request_cancel)
    let_it_lapse(database, only)
    with database.writing() as db:
        queue.reconcile(db)
    assert job(database, only).state == "cancelled"


def test_cancelling_is_at_once_for_what_waits_and_at_the_next_beat_for_what_runs(
    database: Database,
) -> None:
    running, waiting = add(database, "a", "b")
    lease = held(database)
    for one in (running, waiting):
        change(database, one, queue.request_cancel)
    assert job(database, waiting).state == "cancelled"
    assert job(database, running).state == "running"
    with pytest.raises(Cancelled), database.writing() as db:
        queue.heartbeat(db, lease, lease_s=60)
    with database.writing() as db:
        queue.cancelled(db, lease)
    assert job(database, running).state == "cancelled"
    change(database, running, queue.request_cancel)
    assert job(database, running).state == "cancelled"


def test_a_worker_that_leaves_gives_its_job_back_without_a_cost(database: Database) -> None:
    [only] = add(database, "a", attempts_allowed=1)
    lease = held(database)
    with database.writing() as db:
        queue.give_back(db, lease)
    assert (held(database).job_id, job(database, only).attempts) == (only, 1)


def test_tries_come_at_growing_pauses_and_end(database: Database) -> None:
    [only] = add(database, "a", attempts_allowed=4)
    pauses = []
    for _attempt in range(3):
        lease = held(database)
        before = utc_now()
        with database.writing() as db:
            queue.fail(db, lease, problem="busy", detail={"n": lease.attempt}, final=False)
        row = job(database, only)
        assert (row.state, row.problem, row.detail) == ("queued", "busy", {"n": lease.attempt})
        pauses.append(round((row.run_after_at - before).total_seconds()))
        assert claim(database) is None
        change(database, only, lambda _db, row: setattr(row, "run_after_at", utc_now()))
    assert pauses == [2, 4, 8]
    last = held(database)
    with database.writing() as db:
        queue.fail(db, last, problem="busy", detail={}, final=False)
    assert job(database, only).state == "failed"


def test_the_longest_pause_is_ten_minutes(database: Database) -> None:
    [only] = add(database, "a", attempts_allowed=99)
    change(database, only, lambda _db, row: setattr(row, "attempts", 40))
    lease = held(database)
    with database.writing() as db:
        queue.fail(db, lease, problem="busy", detail={}, final=False)
    pause = job(database, only).run_after_at - utc_now()
    assert timedelta(minutes=9) < pause <= queue.LONGEST_BACK_OFF


def test_waiting_costs_no_attempt_and_is_tried_again_by_itself(database: Database) -> None:
    [only] = add(database, "a", attempts_allowed=1)
    for _again in range(3):
        lease = held(database)
        with database.writing() as db:
            queue.wait(db, lease, problem="model_missing", detail={"model": "small"})
        row = job(database, only)
        assert (row.state, row.attempts, row.problem) == ("waiting", 0, "model_missing")
        assert claim(database) is None
        change(database, only, lambda _db, row: setattr(row, "run_after_at", utc_now()))
    with database.reading() as db:
        assert queue.is_idle(db)


@pytest.mark.parametrize("state", ["failed", "cancelled", "waiting"])
def test_a_person_may_start_it_again_with_its_checkpoint(database: Database, state: str) -> None:
    [only] = add(database, "a", attempts_allowed=2)

    def end(_db: Session, row: Job) -> None:
        row.state, row.attempts, row.problem, row.detail = state, 2, "x", {"chunk": 7}

    change(database, only, end)
    change(database, only, queue.retry)
    lease = held(database)
    assert (lease.job_id, lease.attempt, lease.detail) == (only, 1, {"chunk": 7})


@pytest.mark.parametrize("state", ["queued", "running", "done"])
def test_what_is_under_way_or_done_is_not_started_again(database: Database, state: str) -> None:
    [only] = add(database, "a")
    change(database, only, lambda _db, row: setattr(row, "state", state))
    change(database, only, queue.retry)
    assert job(database, only).state == state


def test_a_key_is_queued_once_but_may_be_queued_behind_a_running_one(database: Database) -> None:
    [first] = add(database, "index", unique_key="index")
    assert add(database, "index", unique_key="index") == [first]
    held(database)
    [behind] = add(database, "index", unique_key="index")
    assert behind != first
    assert add(database, "index", unique_key="index") == [behind]
    assert len(set(add(database, "a", "b"))) == 2  # without a key each is its own


def test_a_lapsed_job_goes_back_although_its_key_is_queued_again(database: Database) -> None:
    [first] = add(database, "index", unique_key="index")
    held(database)
    add(database, "index", unique_key="index")
    let_it_lapse(database, first)
    with database.writing() as db:
        assert queue.reconcile(db) == 1
    assert {held(database).job_id, held(database).job_id} >= {first}


def test_many_that_queue_one_key_at_once_are_given_the_same_job(database: Database) -> None:
    given: list[str] = []
    at_once(lambda _number: given.extend(add(database, "index", unique_key="index")))
    with database.reading() as db:
        [only] = db.scalars(select(Job.id))
    assert given == [only] * THREADS


def test_idle_workers_never_take_the_write_lock(database: Database) -> None:
    begun: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def _note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        begun.append(statement)

    with database.reading() as db:
        assert not queue.has_work(db, BOTH)
    assert begun
    assert not [statement for statement in begun if "IMMEDIATE" in statement]
