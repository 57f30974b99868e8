"""`flask serve` and its worker as real processes that are really killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from archive.actions.office import workers
from archive.actions.office.workers import WorkerReport
from archive.back_off import back_off_s
from archive.cli import supervision
from archive.cli.supervision import WorkerSupervisor
from archive.models import WorkerHeartbeat
from archive.toolbox import Toolbox
from tests.archive.cli.test_doctor import run_doctor
from tests.archive.web.office.test_jobs import ClientOf
from tests.support.cli_runner import CliRunner
from tests.support.http_server import ROOT, HttpClient
from tests.support.worker_process import command, environment, wait_until

pytestmark = pytest.mark.slow
LONG_S = 240


class Served:
    """`flask serve` with its worker, and what it printed."""

    def __init__(self, toolbox: Toolbox, folder: Path, *, app: str = "app") -> None:
        self._toolbox = toolbox
        self._printed, self._errors = folder / "stdout", folder / "stderr"
        with self._printed.open("wb") as stdout, self._errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", app, "serve", "--port", "0"],
                cwd=ROOT,
                env=environment(toolbox.settings, PYTHONUNBUFFERED="1"),
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    @property
    def errors(self) -> str:
        return self._errors.read_text("utf-8")

    def client(self) -> HttpClient:
        """Return a client once the server has printed its address."""
        line = wait_until(lambda: self._printed.read_text("utf-8").strip())
        return HttpClient("127.0.0.1", int(line.rstrip("/").rpartition(":")[2]))

    def worker_pid(self, *, other_than: int = 0) -> int:
        """Return the process id of the worker once it has reported."""

        def reported() -> int | None:
            with self._toolbox.database.reading() as db:
                rows = db.query(WorkerHeartbeat).filter_by(problem="").all()
            pids = [int(row.name.rpartition(":")[2]) for row in rows]
            return next((pid for pid in pids if pid != other_than), None)

        return wait_until(reported)

    def end(self) -> None:
        """Kill whatever is left of the process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(LONG_S)


@pytest.fixture
def served(toolbox: Toolbox, tmp_path: Path) -> Iterator[Served]:
    running = Served(toolbox, tmp_path)
    yield running
    running.end()


def report(toolbox: Toolbox) -> WorkerReport:
    with toolbox.database.reading() as db:
        return workers.load_report(db)


def is_running(pid: int) -> bool:
    """Return whether a process runs; a zombie whose parent died is none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "State:\tZ" not in status


def test_serve_starts_its_worker_again_and_reports_its_death(
    served: Served, toolbox: Toolbox
) -> None:
    client = served.client()
    first = served.worker_pid()
    assert client.request("GET", "/health").status == 200
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: client.request("GET", "/health").status == 503)
    second = served.worker_pid(other_than=first)
    wait_until(lambda: report(toolbox) == WorkerReport(running=1, dead=()))
    assert client.request("GET", "/health").status == 200
    assert "The worker ended by itself (SIGKILL). It is started again in 1 s" in served.errors
    assert is_running(second)


def test_worker_is_of_the_same_app_as_its_server(toolbox: Toolbox, tmp_path: Path) -> None:
    app = f"{tmp_path / 'office.py'}:create_app"
    (tmp_path / "office.py").write_text("from app import create_app\n", encoding="utf-8")
    served = Served(toolbox, tmp_path, app=app)
    try:
        words = Path(f"/proc/{served.worker_pid()}/cmdline").read_bytes().decode().split("\0")
    finally:
        served.end()
    assert words[words.index("--app") + 1] == app


def test_worker_of_a_killed_server_ends_in_order(served: Served, toolbox: Toolbox) -> None:
    pid = served.worker_pid()
    served.process.kill()
    wait_until(lambda: not is_running(pid))
    assert report(toolbox) == WorkerReport(running=0, dead=())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_to_both_processes_starts_no_new_worker(
    served: Served, toolbox: Toolbox, number: signal.Signals
) -> None:
    served.client()
    pid = served.worker_pid()
    os.killpg(served.process.pid, number)
    assert served.process.wait(LONG_S) == 0
    assert not is_running(pid)
    assert "started again" not in served.errors
    assert report(toolbox) == WorkerReport(running=0, dead=())


def test_worker_that_dies_at_once_is_started_again_after_growing_pauses(
    toolbox: Toolbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE_S", 0.01)
    dying = [sys.executable, "-c", "raise SystemExit(3)"]
    supervisor = WorkerSupervisor(toolbox.database, command=dying)
    lines: list[str] = []

    def third_death() -> bool:
        lines.extend(capfd.readouterr().err.splitlines())
        return len(lines) >= 3

    supervisor.start()
    wait_until(third_death)
    supervisor.stop()
    assert all("The worker ended by itself (exit status 3)." in line for line in lines)
    for line, pause in zip(lines, ("0.01 s", "0.02 s", "0.04 s"), strict=False):
        assert f"started again in {pause}; no job is lost" in line
    # None of them lived long enough to report: the supervisor did.
    assert report(toolbox).is_down


def test_worker_that_cannot_be_started_is_tried_again(
    toolbox: Toolbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine without memory or processes left."""
    monkeypatch.setattr(supervision, "FIRST_PAUSE_S", 0.01)
    supervisor = WorkerSupervisor(toolbox.database, command=["/no/such/program"])
    lines: list[str] = []

    def second_try() -> bool:
        lines.extend(capfd.readouterr().err.splitlines())
        return len(lines) >= 2

    supervisor.start()
    wait_until(second_try)
    supervisor.stop()
    assert "(not started: No such file or directory)" in lines[0]
    assert report(toolbox).is_down


def test_pauses_before_a_restart_double_up_to_a_minute() -> None:
    pauses = [back_off_s(deaths, longest_s=60) for deaths in (0, 1, 2, 3, 7, 10_000)]
    assert pauses == [1, 1, 2, 4, 60, 60]
    assert supervision.describe_exit(-9) == "SIGKILL"
    assert supervision.describe_exit(-99) == "signal 99"


def die(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        workers.record_death(db, name="pc:7", host="pc", problem="SIGKILL")


def test_doctor_reports_running_dead_and_missing_workers(
    runner: CliRunner, toolbox: Toolbox
) -> None:
    def worker() -> dict[str, str]:
        return run_doctor(runner)["worker"]

    assert worker()["state"] == "ok"
    die(toolbox)
    assert worker()["state"] == "fault"
    assert "pc:7 (SIGKILL)" in worker()["detail"]
    with toolbox.database.writing() as db:
        workers.record_heartbeat(db, name="other:1", host="other")
    assert (worker()["state"], "Workers that run: 1." in worker()["detail"]) == ("fault", True)


def test_health_and_jobs_page_name_a_dead_worker(toolbox: Toolbox, client_of: ClientOf) -> None:
    def page(client: FlaskClient, address: str) -> str:
        return client.get(address).get_data(as_text=True)

    ben = client_of("ben")
    assert "has stopped" not in page(ben, "/en/jobs")
    die(toolbox)
    answer = client_of(None).get("/health")
    assert (answer.status_code, answer.json) == (
        503,
        {"ok": False, "workers": {"running": 0, "dead": 1}},
    )
    assert "The program that does this work has stopped" in page(ben, "/en/jobs")
    assert "Chương trình xử lý đã ngừng" in page(ben, "/vi/jobs")
    with toolbox.database.writing() as db:
        workers.record_heartbeat(db, name="pc:8", host="pc")
    assert client_of(None).get("/health").json == {
        "ok": True,
        "workers": {"running": 1, "dead": 0},
    }
    assert "has stopped" not in page(ben, "/en/jobs")


def test_worker_whose_parent_is_gone_already_ends(toolbox: Toolbox) -> None:
    """The kernel sends no signal for a parent that died before the request."""
    process = subprocess.run(
        command("worker", "--parent", str(2**22)),
        cwd=ROOT,
        env=environment(toolbox.settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG_S,
    )
    assert "The web server that started this worker has ended: it ends too." in process.stderr
    assert report(toolbox) == WorkerReport(running=0, dead=())
