"""The worker loses no job: on kill, shutdown, handler errors or a lost database."""

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
from archive.access import Rights
from archive.actions.holdings import local_ingest
from archive.jobs.context import JobContext, JobParked, JobProblem
from archive.jobs.registry import JOBS
from archive.jobs.worker import Worker
from archive.models import Job, MediaFile
from archive.models.vocabulary import LANES
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.worker_process import WorkerProcess, wait_until

Handler = Callable[[JobContext], dict[str, Any] | None]
LONG_S = 240


class JobHarness:
    """Register handlers of test job kinds and run their jobs."""

    def __init__(self, toolbox: Toolbox) -> None:
        self.toolbox = toolbox
        self.worker = Worker(toolbox)

    def add(self, handler: Handler, *, kind: str = "test", **options: Any) -> str:
        JOBS[kind] = handler
        with self.toolbox.database.writing() as db:
            return queue.enqueue(db, kind, **options).id

    def row(self, job_id: str) -> Job:
        with self.toolbox.database.reading() as db:
            return db.get_one(Job, job_id)

    def run(self, handler: Handler, **options: Any) -> Job:
        job_id = self.add(handler, **options)
        assert self.worker.run_one(LANES)
        return self.row(job_id)


@pytest.fixture
def jobs(toolbox: Toolbox) -> Iterator[JobHarness]:
    handlers = dict(JOBS)
    yield JobHarness(toolbox)
    JOBS.clear()
    JOBS.update(handlers)


def run_in_thread(worker: Worker) -> threading.Thread:
    thread = threading.Thread(target=worker.run_forever)
    thread.start()
    return thread


def test_run_stores_the_return_value_as_result(jobs: JobHarness) -> None:
    row = jobs.run(lambda _context: {"made": 3})
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
        (JobParked("model_missing", model="small"), "waiting", "model_missing"),
        (queue.Cancelled(), "cancelled", ""),
    ],
)
def test_handler_exception_sets_the_state_and_the_worker_continues(
    jobs: JobHarness, error: BaseException, state: str, problem: str
) -> None:
    row = jobs.run(_raise(error))
    assert (row.state, row.problem, row.lease_token) == (state, problem, "")
    after = jobs.run(lambda _context: {"still": "here"}, kind="after", priority=9)
    assert after.state == "done"


def test_job_of_an_unknown_kind_fails_finally(jobs: JobHarness) -> None:
    with jobs.toolbox.database.writing() as db:
        job_id = queue.enqueue(db, "made_by_a_newer_program").id
    assert jobs.worker.run_one(LANES)
    row = jobs.row(job_id)
    assert (row.state, row.problem) == ("failed", "unknown_job_kind")
    assert row.detail == {"kind": "made_by_a_newer_program"}


def test_checkpoint_without_the_lease_is_not_opened(jobs: JobHarness) -> None:
    def handler(context: JobContext) -> dict[str, Any]:
        with context.toolbox.database.writing() as db:
            db.get_one(Job, context.lease.job_id).lease_token = "another worker"
        with context.checkpoint():
            raise AssertionError("a checkpoint was opened without the lease")

    row = jobs.run(handler)
    assert (row.state, row.lease_token, row.problem) == ("running", "another worker", "")


def test_checkpoint_with_an_error_is_rolled_back(jobs: JobHarness) -> None:
    def handler(context: JobContext) -> None:
        with context.checkpoint() as db:
            queue.enqueue(db, "half")
            raise RuntimeError("in the middle")

    jobs.run(handler)
    with jobs.toolbox.database.reading() as db:
        assert db.query(Job).filter_by(kind="half").count() == 0


def test_stop_finishes_the_open_checkpoint_and_releases_the_job(
    jobs: JobHarness,
) -> None:
    is_running, may_continue = threading.Event(), threading.Event()
    written: list[int] = []

    def handler(context: JobContext) -> dict[str, Any]:
        for step in range(len(written), 3):
            is_running.set()
            assert may_continue.wait(LONG_S)
            with context.checkpoint():
                written.append(step)
        return {"steps": len(written)}

    job_id = jobs.add(handler)
    thread = run_in_thread(jobs.worker)
    assert is_running.wait(LONG_S)
    jobs.worker.stop()
    may_continue.set()
    thread.join(LONG_S)
    assert not thread.is_alive()
    row = jobs.row(job_id)
    assert (written, row.state, row.attempts, row.lease_token) == ([0], "queued", 0, "")
    assert Worker(jobs.toolbox).run_one(LANES)
    assert jobs.row(job_id).result == {"steps": 3}
    assert written == [0, 1, 2]


def test_lane_continues_after_database_errors(jobs: JobHarness) -> None:
    engine = jobs.toolbox.database.engine
    is_down = threading.Event()
    queries = threading.Semaphore(0)
    is_down.set()

    @sql_event.listens_for(engine, "before_cursor_execute")
    def _refuse(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        if is_down.is_set() and "FROM job" in statement:
            queries.release()
            raise OperationalError(statement, {}, Exception("the server went away"))

    job_id = jobs.add(lambda _context: {"made": 1})
    thread = run_in_thread(jobs.worker)
    for _lane_and_again in range(4):
        assert queries.acquire(timeout=LONG_S)
    is_down.clear()
    wait_until(lambda: jobs.row(job_id).state == "done" or None)
    jobs.worker.stop()
    thread.join(LONG_S)
    assert not thread.is_alive()


def test_lanes_run_concurrently(jobs: JobHarness) -> None:
    light_ran = threading.Event()

    def speech(_context: JobContext) -> dict[str, Any]:
        return {"light_ran_meanwhile": light_ran.wait(LONG_S)}

    def light(_context: JobContext) -> None:
        light_ran.set()

    slow = jobs.add(speech, kind="slow", lane="speech", priority=9)
    jobs.add(light, kind="quick")
    thread = run_in_thread(jobs.worker)
    wait_until(lambda: jobs.row(slow).state == "done" or None)
    jobs.worker.stop()
    thread.join(LONG_S)
    assert jobs.row(slow).result == {"light_ran_meanwhile": True}


def test_cancel_is_noticed_by_the_heartbeat(jobs: JobHarness) -> None:
    was_cancelled = threading.Event()

    def handler(context: JobContext) -> None:
        with context.toolbox.database.writing() as db:
            queue.request_cancel(db, db.get_one(Job, context.lease.job_id))
        wait_until(lambda: context.is_cancelled() or None)
        was_cancelled.set()
        context.raise_if_stopped()

    jobs.worker = Worker(
        replace(jobs.toolbox, settings=replace(jobs.toolbox.settings, lease_s=0.3))
    )
    assert jobs.run(handler).state == "cancelled"
    assert was_cancelled.is_set()


# A signal delivered to another thread does not wake the main thread. This reproduces a signal
# that arrives just before the main thread waits.
SIGNAL_TO_OTHER_THREAD = """
import signal, threading, time
from app import create_app
from archive.cli.processes import stopped_by_signals
from archive.jobs.worker import Worker

threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
worker = Worker(create_app().extensions["loi_ke"])
with stopped_by_signals(worker):
    worker.run_forever()
"""


def start_and_wait_for_daily_jobs(
    toolbox: Toolbox, process: WorkerProcess, *, code: str = ""
) -> subprocess.Popen[bytes]:
    """Start the worker and return once it has run its daily jobs."""
    process.start(code=code)

    def daily_job_is_done() -> int:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="sweep", state="done").count()

    wait_until(daily_job_is_done)
    assert process.process is not None
    return process.process


@pytest.fixture
def process(toolbox: Toolbox) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(toolbox.settings)
    yield worker
    worker.kill()


def test_job_of_a_killed_worker_is_done_by_the_next(
    toolbox: Toolbox,
    process: WorkerProcess,
    rights_of: Callable[[str | None], Rights],
    tmp_path: Any,
) -> None:
    media_factory.add_interview(toolbox.database)
    path = media_factory.write_wav(tmp_path, seconds=60.0)
    item = local_ingest.ingest_file(toolbox, rights_of("ben"), "LK-1", path=path)
    jobs = JobHarness(toolbox)

    def derive() -> Job:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="derive").one()

    process.start()
    wait_until(lambda: derive().state == "running" or None)
    process.kill()
    lost = derive()
    assert (lost.state, lost.attempts) == ("running", 1)
    process.start()
    finished = wait_until(lambda: derive() if derive().state == "done" else None)
    assert finished.attempts == 1
    assert jobs.row(finished.id).lease_token == ""
    with toolbox.database.reading() as db:
        files = db.query(MediaFile).filter(MediaFile.role != "original").all()
        assert sorted(file.role for file in files) == ["access", "peaks"]
        assert {file.problem for file in files} == {""}
        assert all((toolbox.derivatives_dir / file.path).is_file() for file in files)
    assert toolbox.vault.path(item.sha256).read_bytes() == path.read_bytes()


def test_sigterm_ends_an_idle_worker(toolbox: Toolbox, process: WorkerProcess) -> None:
    running = start_and_wait_for_daily_jobs(toolbox, process)
    process.stop()
    assert running.returncode == 0


@pytest.mark.sqlite_only
def test_sigterm_to_another_thread_ends_the_worker(
    toolbox: Toolbox, process: WorkerProcess
) -> None:
    running = start_and_wait_for_daily_jobs(toolbox, process, code=SIGNAL_TO_OTHER_THREAD)
    process.stop()
    assert running.returncode == 0


@pytest.mark.sqlite_only
def test_many_signals_at_once_end_the_worker(toolbox: Toolbox, process: WorkerProcess) -> None:
    """`serve` and its process group are signalled at once; the handler must not deadlock."""
    running = start_and_wait_for_daily_jobs(toolbox, process)
    for _signal in range(300):
        running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=LONG_S) == 0


@pytest.mark.sqlite_only
def test_sigterm_releases_the_running_job_to_the_next_worker(
    toolbox: Toolbox,
    process: WorkerProcess,
    rights_of: Callable[[str | None], Rights],
    tmp_path: Any,
) -> None:
    media_factory.add_interview(toolbox.database)
    path = media_factory.write_wav(tmp_path, seconds=60.0)
    local_ingest.ingest_file(toolbox, rights_of("ben"), "LK-1", path=path)

    def derive() -> Job:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="derive").one()

    process.start()
    running = process.process
    assert running is not None
    wait_until(lambda: derive().state == "running" or None)
    process.stop()
    job = derive()
    assert (running.returncode, job.state, job.attempts) == (0, "queued", 0)
    assert job.lease_token == ""
    Worker(toolbox, lanes=("light", "files")).run_until_idle()
    assert derive().state == "done"
