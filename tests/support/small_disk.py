"""Small file systems in memory that are really full: of bytes, or of files."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def mounted(folder: Path, *, mib: int, inodes: int = 2000) -> Iterator[Path]:
    """Mount some MiB of memory as a file system; the test is left out where none may be."""
    folder.mkdir(exist_ok=True)
    options = f"size={mib}m,nr_inodes={inodes}"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> list[Path]:
    """Write until not one more page fits; return the file to delete."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
        while file.write(b"0" * 4096):
            pass
    assert shutil.disk_usage(disk).free < 4096
    return [ballast]


def use_up_inodes(disk: Path) -> list[Path]:
    """Create empty files until no more can be created; return them."""
    made: list[Path] = []
    with contextlib.suppress(OSError):
        while True:
            path = disk / f"empty-{len(made)}"
            path.touch()
            made.append(path)
    return made


def delete(files: list[Path]) -> None:
    """Free what `fill` or `use_up_inodes` took."""
    for path in files:
        path.unlink()
