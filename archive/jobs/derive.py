"""Make what is listened to and looked at: every recipe that wants this kind of file.

Each recipe runs in a child process with limits. One that fails leaves a row with the
reason, and the others go on: the original is kept in any case. A kill costs the recipe
in hand, since the ones before have their rows.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from archive.actions import derivatives
from archive.actions.derivatives import Outcome
from archive.jobs.context import JobContext, JobProblem, JobWaits
from archive.models import MediaFile
from media import sandboxed
from media.derivatives.base import Recipe
from media.kinds import RefusedKind, sniff
from media.refusals import DerivativeRefused
from media.sandbox import SandboxFailed

TELL_EVERY_S = 1.0


def handle(context: JobContext) -> dict[str, Any] | None:
    """Ends as done even when nothing could be made: the reasons are on the rows."""
    vault = context.toolbox.vault
    with context.reading() as db:
        original = db.get(MediaFile, context.payload["subject_id"])
    if original is None or original.role != "original":
        return {"made": []}
    source = vault.path(original.sha256)
    try:
        kind = sniff(source, original.filename)
    except (OSError, RefusedKind) as error:
        raise JobProblem("original_not_readable", file=original.filename) from error
    with context.reading() as db:
        recipes = derivatives.wanted(db, original, kind, root=context.toolbox.derivatives_dir)
    told: dict[str, str] = {}
    for done, recipe in enumerate(recipes):
        told[recipe.name] = _make(context, original, source, recipe, done, len(recipes))
    return {"made": [name for name, problem in told.items() if not problem], "told": told}


def _make(
    context: JobContext, original: MediaFile, source: Path, recipe: Recipe, done: int, count: int
) -> str:
    """Run one recipe and write its row; gives the code of the problem, or nothing."""
    stage = f"making_{derivatives.role(recipe)}"
    target = context.toolbox.derivatives_dir / derivatives.folder(original, recipe)
    shutil.rmtree(target, ignore_errors=True)  # what a killed try may have left
    context.progress(done / count, stage)
    try:
        made = sandboxed.derive(
            recipe.name, source, target_dir=target,
            on_progress=_Teller(context, stage, done, count),
            cancelled=context.is_cancelled,
        )  # fmt: skip
        outcome = Outcome(
            path=str(made.path.relative_to(context.toolbox.derivatives_dir)),
            media_type=made.media_type, size_bytes=made.size_bytes,
            sha256=made.sha256, technical=made.detail,
        )  # fmt: skip
    except SandboxFailed as failed:
        shutil.rmtree(target, ignore_errors=True)
        context.stop_if_asked()
        if failed.code == "no_space":
            raise JobWaits("no_room_for_copies", file=original.filename) from failed
        raise
    except DerivativeRefused as refused:
        shutil.rmtree(target, ignore_errors=True)
        outcome = Outcome(problem=f"no_copy_{refused.code}", technical={"log": refused.detail})
    with context.checkpoint() as db:
        derivatives.note(db, context.actor, original, recipe, outcome=outcome)
    return outcome.problem


class _Teller:
    """Writes progress once a second: a recipe tells it far more often than a page can show."""

    def __init__(self, context: JobContext, stage: str, done: int, count: int) -> None:
        self._context, self._stage, self._done, self._count = context, stage, done, count
        self._told_at = time.monotonic()

    def __call__(self, share: float) -> None:
        if time.monotonic() - self._told_at >= TELL_EVERY_S:
            self._told_at = time.monotonic()
            self._context.progress((self._done + share) / self._count, self._stage)
