"""Make the derivatives of an original: run every recipe that accepts its kind.

Each recipe runs in a child process with limits. A recipe that fails leaves a row with the
reason and the others still run. A kill loses only the recipe that runs, since each
finished one has its row.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from archive.actions.holdings import derivatives
from archive.actions.holdings.derivatives import RecipeOutcome
from archive.jobs.context import JobContext, JobParked, JobProblem, ShutdownRequested
from archive.models import MediaFile
from media import sandboxed
from media.derivatives.base import Recipe
from media.errors import DerivativeRefused
from media.kinds import RefusedKind, sniff
from media.sandbox import SandboxFailed
from media.sandboxed import DerivedFile

PROGRESS_INTERVAL_S = 1.0


def handle(context: JobContext) -> dict[str, Any] | None:
    """Run the recipes; the job is done even if all fail, the reasons are in the rows."""
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
        derivatives.delete_work_folders(db, original.id, root=context.toolbox.derivatives_dir)
        recipes = derivatives.missing_recipes(
            db, original, kind, root=context.toolbox.derivatives_dir
        )
    problems: dict[str, str] = {}
    for done, recipe in enumerate(recipes):
        problems[recipe.name] = _run_recipe(context, original, source, recipe, done, len(recipes))
    return {"made": [name for name, problem in problems.items() if not problem], "told": problems}


def _run_recipe(
    context: JobContext, original: MediaFile, source: Path, recipe: Recipe, done: int, count: int
) -> str:
    """Make one derivative and store its row; return the code of the problem or an empty string."""
    stage = f"making_{derivatives.media_role(recipe)}"
    root, token = context.toolbox.derivatives_dir, context.lease.token
    work = derivatives.work_folder(root, original.id, token)
    context.progress(done / count, stage)
    try:
        try:
            built = sandboxed.derive(
                recipe.name,
                source,
                target_dir=work / recipe.name,
                on_progress=_ThrottledProgress(context, stage, done, count),
                cancelled=context.is_cancelled,
                group=context.toolbox.settings.media_gid,
                disk=context.toolbox.disk,
            )
        except SandboxFailed as failed:
            context.raise_if_stopped()
            if failed.code == "no_space":
                raise JobParked("no_room_for_copies", file=original.filename) from failed
            if failed.code == "stopped":
                raise ShutdownRequested from failed
            raise
        except DerivativeRefused as refused:
            built, detail = None, refused.detail
            problem = f"no_copy_{refused.code}"
        # A refusal is found again at every run: it must not keep a job alive that kills its worker.
        with context.checkpoint(is_progress=built is not None) as db:
            if built is None:
                outcome = RecipeOutcome(problem=problem, technical={"log": detail})
            else:
                place = derivatives.publish(
                    root, original.id, recipe, built=built.path.parent, token=token
                )
                outcome = _outcome(built, place.relative_to(root))
            derivatives.record_outcome(db, context.rights, original, recipe, outcome=outcome)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return outcome.problem


def _outcome(built: DerivedFile, place: Path) -> RecipeOutcome:
    return RecipeOutcome(
        path=str(place / built.path.name),
        media_type=built.media_type,
        size_bytes=built.size_bytes,
        sha256=built.sha256,
        technical=built.detail,
    )


class _ThrottledProgress:
    """Store progress at most once a second; recipes report it more often."""

    def __init__(self, context: JobContext, stage: str, done: int, count: int) -> None:
        self._context, self._stage, self._done, self._count = context, stage, done, count
        self._stored_at = time.monotonic()

    def __call__(self, share: float) -> None:
        if time.monotonic() - self._stored_at >= PROGRESS_INTERVAL_S:
            self._stored_at = time.monotonic()
            self._context.progress((self._done + share) / self._count, self._stage)
