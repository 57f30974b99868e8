from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from media import sandbox
from media.sandbox import SandboxFailed

HERE = "tests.support.sandbox_tasks:"
SLOW_IMPORT = "tests.support.slow_import:finish"


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until_gone(pid: int) -> None:
    pause = threading.Event()
    for _ in range(500):
        if not is_alive(pid):
            return
        pause.wait(0.01)
    pytest.fail(f"process {pid} lives on")


def run_failing(task: str, args: dict[str, Any] | None = None, **limits: Any) -> SandboxFailed:
    with pytest.raises(SandboxFailed) as failed:
        sandbox.run(HERE + task, args or {}, **({"wall_s": 60} | limits))
    return failed.value


def test_run_returns_result_and_reports_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[float, dict[str, Any]]] = []
    result = sandbox.run(
        HERE + "add", {"a": 2, "b": 3}, wall_s=60, on_progress=lambda f, d: seen.append((f, d))
    )
    assert result == {"sum": 5, "cwd": str(tmp_path), "group": True}
    assert seen == [(0.5, {"chunk": 1}), (1.0, {})]


def test_run_past_wall_time_kills_the_task() -> None:
    pids: list[int] = []
    failed = run_failing("wait", wall_s=0.6, on_progress=lambda f, d: pids.append(d["pid"]))
    assert failed.code == "timeout"
    wait_until_gone(pids[0])


def test_run_without_progress_kills_the_task() -> None:
    failed = run_failing("wait", stall_s=0.5)
    assert (failed.code, "no progress" in failed.detail) == ("timeout", True)


def test_run_with_progress_outlives_the_stall_limit() -> None:
    failed = run_failing("report_forever", wall_s=2.5, stall_s=1.5)
    assert (failed.code, "longer" in failed.detail) == ("timeout", True)


def test_run_counts_its_limits_after_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_IMPORT_S", "1.0")
    result = sandbox.run(SLOW_IMPORT, {}, wall_s=0.5, stall_s=0.5)
    assert result == {"finished": True}


def test_run_of_task_that_does_not_start_kills_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_IMPORT_S", "600")
    monkeypatch.setattr(sandbox, "LONGEST_START_S", 1.0)
    with pytest.raises(SandboxFailed) as failed:
        sandbox.run(SLOW_IMPORT, {}, wall_s=600)
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
        sandbox.run(HERE + "wait", {}, wall_s=60, on_progress=lease_lost)
    wait_until_gone(pids[0])


def test_run_kills_grandchildren_with_the_group() -> None:
    result = sandbox.run(HERE + "leave_grandchild", {}, wall_s=60)
    wait_until_gone(result["pid"])


def test_child_dies_with_its_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    failed = run_failing("nested", {"pid_file": str(pid_file)})
    assert "SIGKILL" in failed.detail
    wait_until_gone(int(pid_file.read_text()))


def test_run_from_many_threads_succeeds() -> None:
    sums: list[int] = []

    def one(n: int) -> Callable[[], None]:
        return lambda: sums.append(sandbox.run(HERE + "add", {"a": n, "b": 0}, wall_s=60)["sum"])

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
