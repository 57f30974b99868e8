"""The suite never passes in silence over what it could not try."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
NO_SERVER = "postgresql+psycopg://postgres@127.0.0.1:1/postgres"
TEST = "tests/archive/test_queue.py::test_the_oldest_of_equals_is_taken_first"


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    known = {k: v for k, v in os.environ.items() if not k.startswith(("REQUIRE_", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT, env={**known, "TEST_POSTGRES_URL": NO_SERVER, **env},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_without_postgresql_the_last_line_says_so() -> None:
    ended = run(TEST)
    assert ended.returncode == 0, ended.stdout
    assert "1 passed, 1 skipped" in ended.stdout
    last = ended.stdout.strip().splitlines()[-1]
    assert last.startswith("left out: 1 × no PostgreSQL answers at TEST_POSTGRES_URL")


def test_where_postgresql_is_required_leaving_out_is_a_failure() -> None:
    ended = run(TEST, REQUIRE_POSTGRES="1")
    assert ended.returncode == 1, ended.stdout
    assert "REQUIRE_POSTGRES is set and no PostgreSQL answers" in ended.stdout


def test_what_the_command_line_left_out_is_counted() -> None:
    ended = run(TEST, "-m", "not postgresql")
    assert ended.stdout.strip().splitlines()[-1].startswith("left out: 1 × not chosen")
