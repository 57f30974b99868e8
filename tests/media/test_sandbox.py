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

HERE = "tests.media.sandbox_tasks:"


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


def failing(task: str, args: dict[str, Any] | None = None, **limits: Any) -> SandboxFailed:
    with pytest.raises(SandboxFailed) as failed:
        sandbox.run(HERE + task, args or {}, **({"wall_s": 60} | limits))
    return failed.value


def test_a_result_and_its_progress_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[float, dict[str, Any]]] = []
    result = sandbox.run(
        HERE + "add", {"a": 2, "b": 3}, wall_s=60, on_progress=lambda f, d: seen.append((f, d))
    )
    assert result == {"sum": 5, "cwd": str(tmp_path), "group": True}
    assert seen == [(0.5, {"chunk": 1}), (1.0, {})]


def test_a_task_that_overstays_is_killed() -> None:
    pids: list[int] = []
    failed = failing("wait", wall_s=0.6, on_progress=lambda f, d: pids.append(d["pid"]))
    assert failed.code == "timeout"
    wait_until_gone(pids[0])


def test_a_task_that_stands_still_is_killed_though_it_has_time() -> None:
    failed = failing("wait", stall_s=0.5)
    assert (failed.code, "no progress" in failed.detail) == ("timeout", True)


def test_a_task_that_moves_is_not_taken_for_standing_still() -> None:
    failed = failing("beat", wall_s=2.5, stall_s=1.5)
    assert (failed.code, "longer" in failed.detail) == ("timeout", True)


def test_processor_time_is_bounded() -> None:
    failed = failing("burn", cpu_s=1)
    assert (failed.code, "processor" in failed.detail) == ("timeout", True)


def test_memory_is_bounded() -> None:
    assert failing("eat", memory_bytes=1 << 30).code == "memory"


def test_the_size_of_files_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "out"
    failed = failing("write", {"path": str(path), "size": 100_000}, file_bytes=50_000)
    assert failed.code == "no_space"
    assert path.stat().st_size <= 50_000


def test_a_refusal_keeps_its_own_code() -> None:
    failed = failing("refuse")
    assert (failed.code, failed.reason, "because" in failed.detail) == (
        "refused",
        "not_today",
        True,
    )


@pytest.mark.parametrize(
    ("task", "words"),
    [("fail", "unforeseen"), ("segfault", "SIGSEGV"), ("leave", "exit status 3"),
     ("no_such_function", "AttributeError")],
)  # fmt: skip
def test_a_crash_is_told_and_survived(task: str, words: str) -> None:
    failed = failing(task)
    assert failed.code == "crash"
    assert words in failed.detail


def test_it_can_be_cancelled() -> None:
    asked: list[bool] = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 3

    assert failing("wait", cancelled=cancelled).code == "cancelled"


def test_what_the_callback_raises_ends_the_child() -> None:
    pids: list[int] = []

    def lease_lost(fraction: float, detail: dict[str, Any]) -> None:
        pids.append(detail["pid"])
        raise LookupError("lease lost")

    with pytest.raises(LookupError):
        sandbox.run(HERE + "wait", {}, wall_s=60, on_progress=lease_lost)
    wait_until_gone(pids[0])


def test_grandchildren_go_with_the_group() -> None:
    result = sandbox.run(HERE + "breed", {}, wall_s=60)
    wait_until_gone(result["pid"])


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    failed = failing("nested", {"pid_file": str(pid_file)})
    assert "SIGKILL" in failed.detail
    wait_until_gone(int(pid_file.read_text()))


def test_many_run_at_once() -> None:
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
def test_the_child_reaches_no_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        failed = failing("connect", {"port": listener.getsockname()[1]})
        assert failed.code == "crash"
        with pytest.raises(TimeoutError):
            listener.accept()
