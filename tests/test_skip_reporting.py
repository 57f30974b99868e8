"""The last lines of a test run name every skipped test and the reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
NO_SERVER = "postgresql+psycopg://postgres@127.0.0.1:1/postgres"
TEST = "tests/archive/test_queue.py::test_claim_takes_oldest_job_first"


def run_pytest(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("REQUIRE_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env={**environment, "TEST_POSTGRES_URL": NO_SERVER, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_run_without_postgresql_reports_skipped_tests() -> None:
    process = run_pytest(TEST)
    assert process.returncode == 0, process.stdout
    assert "1 passed, 1 skipped" in process.stdout
    last = process.stdout.strip().splitlines()[-1]
    assert last.startswith("left out: 1 × no PostgreSQL answers at TEST_POSTGRES_URL")


def test_run_with_required_postgresql_fails_without_it() -> None:
    process = run_pytest(TEST, REQUIRE_POSTGRES="1")
    assert process.returncode == 1, process.stdout
    assert "REQUIRE_POSTGRES is set and no PostgreSQL answers" in process.stdout


def test_run_counts_tests_deselected_on_the_command_line() -> None:
    process = run_pytest(TEST, "-m", "not postgresql")
    assert process.stdout.strip().splitlines()[-1].startswith("left out: 1 × not chosen")
