from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from media import sandbox
from media.sandbox import SandboxFailed
from tests.support.worker_process import wait_until

HERE = "tests.support.sandbox_tasks:"
LONG_S = 240
SLOW_IMPORT = "tests.support.slow_import:finish"


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until_gone(pid: int) -> None:
    wait_until(lambda: not is_alive(pid), message=f"process {pid} lives on")


def run_failing(task: str, args: dict[str, Any] | None = None, **limits: Any) -> SandboxFailed:
    with pytest.raises(SandboxFailed) as failed:
        sandbox.run(HERE + task, args or {}, **({"wall_s": LONG_S} | limits))
    return failed.value


class Clock:
    """The clock of the sandbox: it stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let no time pass for the limits, so that a busy machine cannot exceed them."""
    clock = Clock()
    monkeypatch.setattr(sandbox, "time", clock)
    return clock


@pytest.fixture
def import_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create the pipe for which the import of the task SLOW_IMPORT waits."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setenv("TEST_IMPORT_PIPE", str(pipe))
    return pipe


def test_run_returns_result_and_reports_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[float, dict[str, Any]]] = []
    result = sandbox.run(
        HERE + "add", {"a": 2, "b": 3}, wall_s=LONG_S, on_progress=lambda f, d: seen.append((f, d))
    )
    assert result == {"sum": 5, "cwd": str(tmp_path), "group": True}
    assert seen == [(0.5, {"chunk": 1}), (1.0, {})]


def test_run_past_wall_time_kills_the_task(clock: Clock) -> None:
    pids: list[int] = []

    def pass_the_limit(_fraction: float, detail: dict[str, Any]) -> None:
        pids.append(detail["pid"])
        clock.now_s += 31

    failed = run_failing("wait", wall_s=30, on_progress=pass_the_limit)
    assert (failed.code, "longer" in failed.detail) == ("timeout", True)
    wait_until_gone(pids[0])


def test_run_without_progress_kills_the_task(clock: Clock) -> None:
    def pass_the_limit(_fraction: float, _detail: dict[str, Any]) -> None:
        clock.now_s += 6

    failed = run_failing("wait", wall_s=30, stall_s=5, on_progress=pass_the_limit)
    assert (failed.code, "no progress" in failed.detail) == ("timeout", True)


def test_run_with_progress_outlives_the_stall_limit(clock: Clock) -> None:
    reports: list[float] = []

    def pass_some_time(fraction: float, _detail: dict[str, Any]) -> None:
        reports.append(fraction)
        clock.now_s += 4

    failed = run_failing("report_forever", wall_s=30, stall_s=5, on_progress=pass_some_time)
    assert (failed.code, "longer" in failed.detail) == ("timeout", True)
    assert len(reports) >= 8


def test_run_counts_its_limits_after_the_import(clock: Clock, import_pipe: Path) -> None:
    looks: list[float] = []

    def is_cancelled() -> bool:
        """Move the clock at the first look; end the import after a look at the later time."""
        looks.append(clock.now_s)
        if len(looks) == 1:
            clock.now_s += 100
        elif len(looks) == 2:
            import_pipe.write_bytes(b"")
        return False

    result = sandbox.run(SLOW_IMPORT, {}, wall_s=30, stall_s=5, cancelled=is_cancelled)
    assert result == {"finished": True}
    assert len(looks) >= 2


def test_run_of_task_that_does_not_start_kills_the_child(clock: Clock, import_pipe: Path) -> None:
    def is_cancelled() -> bool:
        clock.now_s += sandbox.LONGEST_START_S
        return False

    with pytest.raises(SandboxFailed) as failed:
        sandbox.run(SLOW_IMPORT, {}, wall_s=LONG_S, cancelled=is_cancelled)
    assert (failed.value.code, failed.value.detail) == ("timeout", "did not start")


def test_run_limits_processor_time() -> None:
    failed = run_failing("use_processor", cpu_s=1)
    assert (failed.code, "processor" in failed.detail) == ("timeout", True)


def test_run_limits_memory() -> None:
    assert run_failing("use_memory", memory_bytes=1 << 30).code == "memory"


def test_run_limits_file_size(tmp_path: Path) -> None:
    path = tmp_path / "out"
    failed = run_failing("write", {"path": str(path), "size": 100_000}, file_bytes=50_000)
    assert failed.code == "no_space"
    assert path.stat().st_size <= 50_000


def test_run_of_refusing_task_keeps_its_code() -> None:
    failed = run_failing("refuse")
    assert (failed.code, failed.reason, "because" in failed.detail) == (
        "refused",
        "not_today",
        True,
    )


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("fail", "unforeseen"),
        ("segfault", "SIGSEGV"),
        ("exit_at_once", "exit status 3"),
        ("no_such_function", "AttributeError"),
    ],
)
def test_run_of_crashing_task_raises_crash(task: str, words: str) -> None:
    failed = run_failing(task)
    assert failed.code == "crash"
    assert words in failed.detail


# A shell in the background ignores some of them, and a child inherits that.
SHUTDOWN_SIGNALS = [
    number
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    if signal.getsignal(number) is not signal.SIG_IGN
]


@pytest.mark.parametrize("number", SHUTDOWN_SIGNALS)
def test_child_that_a_shutdown_ends_is_stopped_and_did_not_crash(number: signal.Signals) -> None:
    """A service manager signals every process of a service: the file is not at fault."""

    def end_child(_fraction: float, detail: dict[str, Any]) -> None:
        os.kill(detail["pid"], number)

    with pytest.raises(SandboxFailed) as raised:
        sandbox.run(HERE + "wait", {}, wall_s=LONG_S, on_progress=end_child)
    assert raised.value.code == "stopped"


def test_run_cancelled_raises_cancelled() -> None:
    calls: list[bool] = []

    def cancelled() -> bool:
        calls.append(True)
        return len(calls) > 3

    assert run_failing("wait", cancelled=cancelled).code == "cancelled"


def test_run_with_raising_callback_kills_the_child() -> None:
    pids: list[int] = []

    def lease_lost(fraction: float, detail: dict[str, Any]) -> None:
        pids.append(detail["pid"])
        raise LookupError("lease lost")

    with pytest.raises(LookupError):
        sandbox.run(HERE + "wait", {}, wall_s=LONG_S, on_progress=lease_lost)
    wait_until_gone(pids[0])


def test_run_kills_grandchildren_with_the_group() -> None:
    result = sandbox.run(HERE + "leave_grandchild", {}, wall_s=LONG_S)
    wait_until_gone(result["pid"])


def test_child_dies_with_its_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    failed = run_failing("nested", {"pid_file": str(pid_file)})
    assert "SIGKILL" in failed.detail
    wait_until_gone(int(pid_file.read_text()))


def test_run_from_many_threads_succeeds() -> None:
    sums: list[int] = []

    def one(n: int) -> Callable[[], None]:
        return lambda: sums.append(
            sandbox.run(HERE + "add", {"a": n, "b": 0}, wall_s=LONG_S)["sum"]
        )

    threads = [threading.Thread(target=one(n)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sums) == [0, 1, 2, 3]


@pytest.mark.skipif(os.geteuid() != 0, reason="dropping the network is sure only as root")
def test_child_has_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        failed = run_failing("connect", {"port": listener.getsockname()[1]})
        assert failed.code == "crash"
        with pytest.raises(TimeoutError):
            listener.accept()
