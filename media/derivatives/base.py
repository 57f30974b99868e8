"""What a recipe is, and what it promises.

A recipe only reads its source, writes one file into a folder it is given, and writes it
whole or not at all. The same source, recipe version and library give the same bytes.
It refuses with a code; it never blames the original, which stays where it is.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from media.signatures import Kind

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A derivative on the disk. `detail` is JSON-able and tells what was measured."""

    path: Path
    media_type: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A way to make a derivative. A change of its output raises `version`.

    `make(source, target_dir, progress)` names its file after the recipe and raises
    DerivativeRefused; `progress` gets 0..1 and ends at 1.
    """

    name: str
    version: int
    wants: Callable[[Kind], bool]
    make: Callable[[Path, Path, Progress], Made]


@contextlib.contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A name to write to; it becomes `target`, synced, only when nothing was raised."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temp = target.with_name(f".{os.getpid()}-{target.name}")
    try:
        yield temp
        descriptor = os.open(temp, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temp.replace(target)
    finally:
        temp.unlink(missing_ok=True)
