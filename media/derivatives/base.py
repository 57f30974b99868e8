"""The interface of a recipe, which makes one kind of derivative.

A recipe only reads its source and writes one file into the given folder, atomically. The
same source, recipe version and library give the same bytes. On failure it raises
DerivativeRefused with a code and leaves the original as it is.
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
class RecipeOutput:
    """A derivative on the disk. `detail` holds JSON-able measurements."""

    path: Path
    media_type: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Makes one kind of derivative. Increase `version` when its output changes.

    `make(source, target_dir, progress)` names its file after the recipe and raises
    DerivativeRefused; `progress` gets 0..1 and ends at 1.
    """

    name: str
    version: int
    accepts: Callable[[Kind], bool]
    make: Callable[[Path, Path, Progress], RecipeOutput]


@contextlib.contextmanager
def atomic_write(target: Path) -> Iterator[Path]:
    """Yield a temporary path; on success it is synced and renamed to `target`."""
    target.parent.mkdir(exist_ok=True)  # without its parents: those of a moved home stay missing
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
