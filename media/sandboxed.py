"""Probe and derive in a child process: what jobs call.

A file that cannot be worked with ends as MediaRefused or DerivativeRefused with a code,
also when it made the decoder crash, hang or eat memory. SandboxFailed comes out only for
"cancelled" and "no_space", which say nothing about the file. Imports no decoder: the web
process, which calls `probe`, shall neither carry nor expose one.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media import limits, sandbox
from media.derivatives.base import Made
from media.refusals import DerivativeRefused, MediaRefused
from media.sandbox import SandboxFailed
from media.technical import Technical


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Made):
    """A derivative with its fingerprint and where it came from."""

    recipe: str
    recipe_version: int
    size_bytes: int
    sha256: str


def probe(path: Path, *, cancelled: Callable[[], bool] | None = None) -> Technical:
    """Technical metadata of a sound or film file. Raises MediaRefused."""
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
        raise _meaning(failed, MediaRefused) from failed
    return Technical.from_json(facts)


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
) -> Derived:
    """Run one recipe of the registry on `source`. Raises DerivativeRefused, SandboxFailed.

    Nothing is left in `target_dir` unless the derivative is whole.
    """
    work_dir = target_dir / f".making-{uuid.uuid4().hex}"
    work_dir.mkdir(parents=True)
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
        path = made.replace(target_dir / made.name)
    except SandboxFailed as failed:
        raise _meaning(failed, DerivativeRefused) from failed
    finally:
        # A child that was killed could not tidy up after itself.
        shutil.rmtree(work_dir, ignore_errors=True)
    return Derived(
        path=path,
        media_type=result["media_type"],
        detail=dict(result["detail"]),
        recipe=recipe,
        recipe_version=result["recipe_version"],
        size_bytes=result["size_bytes"],
        sha256=result["sha256"],
    )


def _meaning(failed: SandboxFailed, refusal: type[MediaRefused]) -> Exception:
    if failed.code == "refused":
        return refusal(failed.reason, failed.detail)
    if failed.code in ("timeout", "memory", "crash"):
        return refusal(failed.code, failed.detail)
    return failed
