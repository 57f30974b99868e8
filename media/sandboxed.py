"""Probe and derive in a child process: the entry point for jobs.

Raises MediaRefused or DerivativeRefused with a code for an unusable file, also when the
decoder crashed, hung or ran out of memory. SandboxFailed is raised only for "cancelled",
"stopped" and "no_space", which are not faults of the file. Imports no decoder: the web process
calls `probe` and must not load one.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media import limits, sandbox
from media.derivatives.base import RecipeOutput
from media.disk import Disk, set_mode
from media.errors import DerivativeRefused, MediaRefused
from media.sandbox import SandboxFailed
from media.technical import TechnicalMetadata


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedFile(RecipeOutput):
    """A derivative with its hash, size and recipe."""

    recipe: str
    recipe_version: int
    size_bytes: int
    sha256: str


def probe(path: Path, *, cancelled: Callable[[], bool] | None = None) -> TechnicalMetadata:
    """Return the technical metadata of a sound or film file. Raises MediaRefused."""
    try:
        facts = sandbox.run(
            "media.tasks:probe_file",
            {"path": str(path)},
            wall_s=limits.PROBE_WALL_S,
            memory_bytes=limits.MEMORY_BYTES,
            cpu_s=int(limits.PROBE_WALL_S),
            file_bytes=0,
            cancelled=cancelled,
        )
    except SandboxFailed as failed:
        raise _as_refusal(failed, MediaRefused) from failed
    return TechnicalMetadata.from_json(facts)


def derive(
    recipe: str,
    source: Path,
    *,
    target_dir: Path,
    on_progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    wall_s: float = limits.DERIVE_WALL_S,
    stall_s: float = limits.STALL_S,
    memory_bytes: int = limits.MEMORY_BYTES,
    group: int | None = None,
    disk: Disk | None = None,
) -> DerivedFile:
    """Run one recipe of the registry on `source`. Raises DerivativeRefused, SandboxFailed.

    Nothing is left in `target_dir` unless the derivative is complete. The file has mode 0600;
    with the id of a group, 0640, and new folders 0710.
    """
    (disk or Disk()).make_folder(target_dir, group)
    work_dir = target_dir / f".making-{uuid.uuid4().hex}"
    work_dir.mkdir(mode=0o700)
    try:
        result: Mapping[str, Any] = sandbox.run(
            "media.tasks:derive",
            {"recipe": recipe, "source": str(source), "target_dir": str(work_dir)},
            wall_s=wall_s,
            memory_bytes=memory_bytes,
            cpu_s=limits.DERIVE_CPU_S,
            file_bytes=limits.OUTPUT_BYTES,
            stall_s=stall_s,
            on_progress=(lambda fraction, _: on_progress(fraction)) if on_progress else None,
            cancelled=cancelled,
        )
        made = Path(result["path"])
        set_mode(made, 0o600 if group is None else 0o640, group)
        path = made.replace(target_dir / made.name)
    except SandboxFailed as failed:
        raise _as_refusal(failed, DerivativeRefused) from failed
    finally:
        # A killed child leaves its files behind.
        shutil.rmtree(work_dir, ignore_errors=True)
    return DerivedFile(
        path=path,
        media_type=result["media_type"],
        detail=dict(result["detail"]),
        recipe=recipe,
        recipe_version=result["recipe_version"],
        size_bytes=result["size_bytes"],
        sha256=result["sha256"],
    )


def _as_refusal(failed: SandboxFailed, refusal: type[MediaRefused]) -> Exception:
    if failed.code == "refused":
        return refusal(failed.reason, failed.detail)
    if failed.code in ("timeout", "memory", "crash"):
        return refusal(failed.code, failed.detail)
    return failed
