"""A bench that was not run for a week breaks with the code that it measures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_bench_of_the_reading_page_measures_a_ratio() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "bench.reading", "12", "--pages", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert "| reading page of three hours against plain rows (12 segments" in process.stdout
