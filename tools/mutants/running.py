"""Run the tests of mutants in copies of the working tree, which is never changed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tools.mutants.results import Outcome, Result
from tools.mutants.sampling import Mutant
from tools.mutants.targets import Target

MIN_LIMIT_S = 30.0
LIMIT_FACTOR = 4.0
TEARDOWN_S = 15.0
NO_TESTS_COLLECTED = 5  # an exit status of pytest
OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "--no-header", "--hypothesis-seed=0")


class BaselineFailed(Exception):
    """The tests of a target do not pass without a mutation; `output` is pytest's."""

    def __init__(self, tests: Sequence[str], output: str) -> None:
        super().__init__(f"without a mutation these do not pass: {', '.join(tests)}")
        self.output = output


def files_of(root: Path) -> list[str]:
    """Return what git tracks or would add, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name and (root / name).is_file()]


class Copy:
    """A copy of the tree in which one mutant at a time is tested."""

    def __init__(self, root: Path, files: Sequence[str], folder: Path) -> None:
        self.folder = folder / "tree"
        self._temporary = folder / "temporary"
        self._limits_s: dict[Target, float] = {}
        self._process: subprocess.Popen[str] | None = None
        self._is_stopped = threading.Event()
        for name in files:
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target)

    def test(self, mutant: Mutant, target: Target) -> Result:
        """Run the target's tests with the mutant; raises BaselineFailed if they fail without it."""
        if target not in self._limits_s:
            self._limits_s[target] = self._measure(target)
        module = self.folder / mutant.module
        original = module.read_bytes()
        # An older compiled file would be used: it is recognised by size and second only.
        for compiled in (module.parent / "__pycache__").glob(f"{module.stem}.*.pyc"):
            compiled.unlink()
        module.write_text(mutant.source, encoding="utf-8")
        started = time.monotonic()
        try:
            status, output = self._pytest(target, limit_s=self._limits_s[target])
        finally:
            module.write_bytes(original)
        if status == NO_TESTS_COLLECTED:
            raise BaselineFailed(target.tests, output)
        outcome: Outcome = "timeout" if status is None else "killed" if status else "survived"
        seconds = round(time.monotonic() - started, 1)
        return Result(mutant.key, mutant.digest, outcome, seconds, mutant.change)

    def stop(self) -> None:
        """End the tests that run now; no others are begun in this copy."""
        self._is_stopped.set()
        if self._process is not None:
            _end(self._process)

    def _measure(self, target: Target) -> float:
        """Return the time limit of a target's tests, and leave their compiled files behind."""
        started = time.monotonic()
        status, output = self._pytest(target, limit_s=None)
        if status != 0:
            raise BaselineFailed(target.tests, output)
        return max(MIN_LIMIT_S, LIMIT_FACTOR * (time.monotonic() - started))

    def _pytest(self, target: Target, *, limit_s: float | None) -> tuple[int | None, str]:
        """Return exit status and output of pytest; the status is None after the time limit."""
        if self._is_stopped.is_set():
            raise KeyboardInterrupt
        environment = os.environ | ({"PYTHONDONTWRITEBYTECODE": "1"} if limit_s else {})
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "pytest",
                *OPTIONS,
                f"--basetemp={self._temporary}",
                *target.tests,
            ],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _nothing = self._process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            return None, _end(self._process)
        if self._is_stopped.is_set():
            raise KeyboardInterrupt
        return self._process.returncode, output


def _end(process: subprocess.Popen[str]) -> str:
    """Interrupt, so that fixtures remove their databases; kill what does not end by that."""
    for number, wait_s in ((signal.SIGINT, TEARDOWN_S), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            output, _nothing = process.communicate(timeout=wait_s)
            return output
    return ""
