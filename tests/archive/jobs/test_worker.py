"""The worker: killed, asked to leave, or handed something that breaks, it loses no job."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy.exc import OperationalError

from archive import queue
from archive.access import Actor
from archive.actions import ingest
from archive.jobs.context import JobContext, JobProblem, JobWaits
from archive.jobs.registry import JOBS
from archive.jobs.worker import Worker
from archive.models import Job, MediaFile
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.workers import WorkerProcess, until

Handler = Callable[[JobContext], dict[str, Any] | None]
LONG_S = 60


class Kinds:
    """Kinds of work that only a test knows; registered while it runs."""

    def __init__(self, toolbox: Toolbox) -> None:
        self.toolbox = toolbox
        self.worker = Worker(toolbox)

    def add(self, handler: Handler, *, kind: str = "tried", **how: Any) -> str:
        JOBS[kind] = handler
        with self.toolbox.database.writing() as db:
            return queue.enqueue(db, kind, **how).id

    def row(self, job_id: str) -> Job:
        with self.toolbox.database.reading() as db:
            return db.get_one(Job, job_id)

    def run(self, handler: Handler, **how: Any) -> Job:
        job_id = self.add(handler, **how)
        assert self.worker.run_one(queue.LANES)
        return self.row(job_id)


@pytest.fixture
def kinds(toolbox: Toolbox) -> Iterator[Kinds]:
    known = dict(JOBS)
    yield Kinds(toolbox)
    JOBS.clear()
    JOBS.update(known)


def in_background(worker: Worker) -> threading.Thread:
    thread = threading.Thread(target=worker.run_forever)
    thread.start()
    return thread


def test_what_a_handler_returns_is_the_result(kinds: Kinds) -> None:
    row = kinds.run(lambda _context: {"made": 3})
    assert (row.state, row.result, row.progress) == ("done", {"made": 3}, 1.0)
    assert (row.lease_token, row.attempts) == ("", 1)
    assert row.finished_at is not None


def _raise(error: BaseException) -> Handler:
    def handler(_context: JobContext) -> None:
        raise error

    return handler


@pytest.mark.parametrize(
    ("error", "state", "problem"),
    [
        (RuntimeError("a bug"), "queued", "unexpected"),
        (SystemExit(3), "queued", "unexpected"),
        (MemoryError(), "queued", "unexpected"),
        (JobProblem("no_room"), "queued", "no_room"),
        (JobProblem("hopeless", final=True, file="a.wav"), "failed", "hopeless"),
        (JobWaits("model_missing", model="small"), "waiting", "model_missing"),
        (queue.Cancelled(), "cancelled", ""),
    ],
)
def test_no_exception_of_a_handler_ends_the_worker(
    kinds: Kinds, error: BaseException, state: str, problem: str
) -> None:
    row = kinds.run(_raise(error))
    assert (row.state, row.problem, row.lease_token) == (state, problem, "")
    after = kinds.run(lambda _context: {"still": "here"}, kind="after", priority=9)
    assert after.state == "done"


def test_work_of_an_unknown_kind_is_put_aside_and_named(kinds: Kinds) -> None:
    with kinds.toolbox.database.writing() as db:
        job_id = queue.enqueue(db, "made_by_a_newer_program").id
    assert kinds.worker.run_one(queue.LANES)
    row = kinds.row(job_id)
    assert (row.state, row.problem) == ("failed", "unknown_job_kind")
    assert row.detail == {"kind": "made_by_a_newer_program"}


def test_a_job_whose_lease_was_lost_writes_nothing(kinds: Kinds) -> None:
    def handler(context: JobContext) -> dict[str, Any]:
        with context.toolbox.database.writing() as db:
            db.get_one(Job, context.lease.job_id).lease_token = "an heir's"
        with context.checkpoint():
            raise AssertionError("a checkpoint was opened without the lease")

    row = kinds.run(handler)
    assert (row.state, row.lease_token, row.problem) == ("running", "an heir's", "")


def test_a_failed_checkpoint_leaves_nothing_behind(kinds: Kinds) -> None:
    def handler(context: JobContext) -> None:
        with context.checkpoint() as db:
            queue.enqueue(db, "half")
            raise RuntimeError("in the middle")

    kinds.run(handler)
    with kinds.toolbox.database.reading() as db:
        assert db.query(Job).filter_by(kind="half").count() == 0


def test_asked_to_leave_it_writes_the_checkpoint_in_hand_and_gives_the_job_back(
    kinds: Kinds,
) -> None:
    at_work, told = threading.Event(), threading.Event()
    written: list[int] = []

    def handler(context: JobContext) -> dict[str, Any]:
        for step in range(len(written), 3):
            at_work.set()
            assert told.wait(LONG_S)
            with context.checkpoint():
                written.append(step)
        return {"steps": len(written)}

    job_id = kinds.add(handler)
    thread = in_background(kinds.worker)
    assert at_work.wait(LONG_S)
    kinds.worker.stop()
    told.set()
    thread.join(LONG_S)
    assert not thread.is_alive()
    row = kinds.row(job_id)
    assert (written, row.state, row.attempts, row.lease_token) == ([0], "queued", 0, "")
    assert Worker(kinds.toolbox).run_one(queue.LANES)
    assert kinds.row(job_id).result == {"steps": 3}
    assert written == [0, 1, 2]


def test_a_lane_outlives_a_database_that_does_not_answer(kinds: Kinds) -> None:
    engine = kinds.toolbox.database.engine
    away = threading.Event()
    asked = threading.Semaphore(0)
    away.set()

    @sql_event.listens_for(engine, "before_cursor_execute")
    def _refuse(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if away.is_set() and "FROM job" in statement:
            asked.release()
            raise OperationalError(statement, {}, Exception("the server went away"))

    job_id = kinds.add(lambda _context: {"made": 1})
    thread = in_background(kinds.worker)
    for _lane_and_again in range(4):
        assert asked.acquire(timeout=LONG_S)
    away.clear()
    until(lambda: kinds.row(job_id).state == "done" or None)
    kinds.worker.stop()
    thread.join(LONG_S)
    assert not thread.is_alive()


def test_lanes_do_not_wait_for_each_other(kinds: Kinds) -> None:
    light_ran = threading.Event()

    def speech(_context: JobContext) -> dict[str, Any]:
        return {"light_ran_meanwhile": light_ran.wait(LONG_S)}

    def light(_context: JobContext) -> None:
        light_ran.set()

    slow = kinds.add(speech, kind="slow", lane="speech", priority=9)
    kinds.add(light, kind="quick")
    thread = in_background(kinds.worker)
    until(lambda: kinds.row(slow).state == "done" or None)
    kinds.worker.stop()
    thread.join(LONG_S)
    assert kinds.row(slow).result == {"light_ran_meanwhile": True}


def test_a_cancel_reaches_a_job_that_only_computes(kinds: Kinds) -> None:
    beat = threading.Event()

    def handler(context: JobContext) -> None:
        with context.toolbox.database.writing() as db:
            queue.request_cancel(db, db.get_one(Job, context.lease.job_id))
        until(lambda: context.is_cancelled() or None)
        beat.set()
        context.stop_if_asked()

    kinds.worker = Worker(replace(kinds.toolbox, settings=replace(
        kinds.toolbox.settings, lease_s=0.3)))  # fmt: skip
    assert kinds.run(handler).state == "cancelled"
    assert beat.is_set()


# A signal that another thread of the process gets wakes nobody up. That is what one looks like
# that comes right before the main thread waits, but this can be had at will.
DEAF = """
import signal, threading, time
from app import create_app
from archive.cli.running import stopped_by_signals
from archive.jobs.worker import Worker

threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
worker = Worker(create_app().extensions["loi_ke"])
with stopped_by_signals(worker):
    worker.run_forever()
"""


def at_work(toolbox: Toolbox, process: WorkerProcess, *, code: str = "") -> subprocess.Popen[bytes]:
    """Start it, and return once it has done what it plans for the day."""
    process.start(code=code)

    def planned() -> int:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="sweep", state="done").count()

    until(planned)
    assert process.process is not None
    return process.process


@pytest.fixture
def process(toolbox: Toolbox) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(toolbox.settings)
    yield worker
    worker.kill()


def test_a_killed_worker_loses_its_lease_and_the_work_is_done_by_the_next(
    toolbox: Toolbox, process: WorkerProcess, actor_of: Callable[[str | None], Actor],
    tmp_path: Any,
) -> None:  # fmt: skip
    make.interview(toolbox.database)
    path = make.sound(tmp_path, seconds=60.0)
    item = ingest.ingest_file(toolbox, actor_of("ben"), "LK-1", path=path)
    kinds = Kinds(toolbox)

    def derive() -> Job:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="derive").one()

    process.start()
    until(lambda: derive().state == "running" or None)
    process.kill()
    lost = derive()
    assert (lost.state, lost.attempts) == ("running", 1)
    process.start()
    found = until(lambda: derive() if derive().state == "done" else None)
    assert found.attempts == 2
    assert kinds.row(found.id).lease_token == ""
    with toolbox.database.reading() as db:
        made = db.query(MediaFile).filter(MediaFile.role != "original").all()
        assert sorted(file.role for file in made) == ["access", "peaks"]
        assert {file.problem for file in made} == {""}
        assert all((toolbox.derivatives_dir / file.path).is_file() for file in made)
    assert toolbox.vault.path(item.sha256).read_bytes() == path.read_bytes()


def test_sigterm_ends_a_worker_that_has_nothing_to_do(
    toolbox: Toolbox, process: WorkerProcess
) -> None:
    running = at_work(toolbox, process)
    process.stop()
    assert running.returncode == 0


@pytest.mark.sqlite_only
def test_a_signal_that_wakes_nobody_ends_it_too(toolbox: Toolbox, process: WorkerProcess) -> None:
    running = at_work(toolbox, process, code=DEAF)
    process.stop()
    assert running.returncode == 0


@pytest.mark.sqlite_only
def test_signals_that_come_on_top_of_each_other_end_it_too(
    toolbox: Toolbox, process: WorkerProcess
) -> None:
    """`serve` and its group are told at once; the handler must not wait for itself."""
    running = at_work(toolbox, process)
    for _signal in range(300):
        running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=60) == 0


@pytest.mark.sqlite_only
def test_sigterm_leaves_the_work_in_hand_to_the_next_worker(
    toolbox: Toolbox, process: WorkerProcess, actor_of: Callable[[str | None], Actor],
    tmp_path: Any,
) -> None:  # fmt: skip
    make.interview(toolbox.database)
    path = make.sound(tmp_path, seconds=60.0)
    ingest.ingest_file(toolbox, actor_of("ben"), "LK-1", path=path)

    def derive() -> Job:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="derive").one()

    process.start()
    running = process.process
    assert running is not None
    until(lambda: derive().state == "running" or None)
    process.stop()
    left = derive()
    assert (running.returncode, left.state, left.attempts) == (0, "queued", 0)
    assert left.lease_token == ""
    Worker(toolbox, lanes=("light", "files")).run_until_idle()
    assert derive().state == "done"
