"""Runs every JavaScript test of pure modules in node, where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted(HERE.rglob("*.test.js"))
OLDEST_NODE = 20
NODE = shutil.which("node")


def _reason_to_skip() -> str:
    if NODE is None:
        return "no node on this machine: the JavaScript tests are left out"
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    major = version.stdout.strip().lstrip("v").partition(".")[0]
    if int(major) < OLDEST_NODE:
        return f"node {major} is older than {OLDEST_NODE}: the JavaScript tests are left out"
    return ""


SKIPPED = _reason_to_skip()


def test_there_are_javascript_tests() -> None:
    assert HERE / "editing" / "alignment.test.js" in FILES


@pytest.mark.skipif(bool(SKIPPED), reason=SKIPPED)
@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HERE)))
def test_javascript(file: Path) -> None:
    done = subprocess.run(
        [str(NODE), "--test-reporter=spec", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail 0" in done.stdout
    assert "pass 0" not in done.stdout
