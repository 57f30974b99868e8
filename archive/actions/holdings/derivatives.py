"""Derivatives of originals: rows, folders, and the recipes that are still to be run.

A derivative can be made again at any time. Its row names the recipe and its version, so a
newer recipe replaces it; a recipe that failed leaves a row with `problem` and no path.
PREMIS 3 calls the event *derivation*.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit, queue
from archive.access import Rights
from archive.models import Interview, MediaFile, Recording
from archive.toolbox import Toolbox
from media.derivatives.base import Recipe
from media.derivatives.registry import RECIPES
from media.kinds import Kind

ROLE_OF_RECIPE = {"access_copy": "access"}
SWEEP_AFTER = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class RecipeOutcome:
    """Result of a recipe: a file below the folder of derivatives, or a problem code."""

    path: str = ""
    media_type: str = "application/octet-stream"
    size_bytes: int = 0
    sha256: str = ""
    technical: dict[str, Any] | None = None
    problem: str = ""


def media_role(recipe: Recipe) -> str:
    """Return the `MediaFile.role` of files made by this recipe."""
    return ROLE_OF_RECIPE.get(recipe.name, recipe.name)


def missing_recipes(db: Session, original: MediaFile, kind: Kind, *, root: Path) -> list[Recipe]:
    """Return the recipes for this kind whose current version has no row or no file."""
    made = {
        (file.recipe, file.recipe_version)
        for file in db.scalars(select(MediaFile).where(MediaFile.derived_from_id == original.id))
        if file.path and (root / file.path).is_file()
    }
    return [
        recipe
        for recipe in RECIPES.values()
        if recipe.accepts(kind) and (recipe.name, recipe.version) not in made
    ]


def folder_path(original: MediaFile, recipe: Recipe) -> str:
    """Return the folder of a derivative, relative to the folder of derivatives."""
    return f"{original.id}/{recipe.name}-{recipe.version}"


def record_outcome(
    db: Session, rights: Rights, original: MediaFile, recipe: Recipe, *, outcome: RecipeOutcome
) -> MediaFile:
    """Store the result of a recipe and delete the rows of its earlier runs."""
    interview = db.get_one(Interview, original.interview_id)
    access.require(rights, "upload", access.Scope(interview))
    for old in db.scalars(
        select(MediaFile).where(
            MediaFile.derived_from_id == original.id, MediaFile.recipe == recipe.name
        )
    ).all():
        db.delete(old)
    file = MediaFile(
        interview_id=original.interview_id,
        recording_id=original.recording_id,
        role=media_role(recipe),
        group=original.group,
        derived_from_id=original.id,
        recipe=recipe.name,
        recipe_version=recipe.version,
        path=outcome.path,
        filename=_download_name(db, interview, original, Path(outcome.path).suffix),
        media_type=outcome.media_type,
        size_bytes=outcome.size_bytes,
        sha256=outcome.sha256,
        technical=outcome.technical or {},
        problem=outcome.problem,
    )
    db.add(file)
    db.flush()
    audit.record(
        db,
        rights.actor,
        "file.derived",
        file,
        interview=interview,
        outcome="failure" if outcome.problem else "success",
        source=original.id,
        source_digest=original.sha256,
        recipe=recipe.name,
        version=recipe.version,
        problem=outcome.problem,
        size_bytes=outcome.size_bytes,
        digest=outcome.sha256,
    )
    return file


def enqueue_outdated(db: Session, *, root: Path) -> int:
    """Enqueue a `derive` job for each original with an outdated or lost derivative; count them.

    Starts from the rows of derivatives, so an original without any such row is not found.
    """
    versions = {recipe.name: recipe.version for recipe in RECIPES.values()}
    outdated = {
        file.derived_from_id: file.interview_id
        for file in db.scalars(select(MediaFile).where(MediaFile.derived_from_id.is_not(None)))
        if file.recipe_version < versions.get(file.recipe, 0)
        or (file.path and not (root / file.path).is_file())
    }
    for original_id, interview_id in outdated.items():
        queue.enqueue(
            db,
            "derive",
            lane="files",
            interview_id=interview_id,
            unique_key=f"derive:{original_id}",
            payload={"subject_id": original_id},
            priority=-20,
        )
    return len(outdated)


def sweep(toolbox: Toolbox) -> int:
    """Delete folders without a row that are older than a day; return their number."""
    root = toolbox.derivatives_dir
    if not root.is_dir():
        return 0
    with toolbox.database.reading() as db:
        known = {
            str(Path(path).parent)
            for path in db.scalars(select(MediaFile.path).where(MediaFile.path != ""))
        }
    newest_mtime = time.time() - SWEEP_AFTER.total_seconds()
    removed = 0
    for folder in _folders(root):
        if str(folder.relative_to(root)) not in known and folder.stat().st_mtime < newest_mtime:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
    return removed


def _folders(root: Path) -> Iterator[Path]:
    for original in sorted(path for path in root.iterdir() if path.is_dir()):
        yield from sorted(path for path in original.iterdir() if path.is_dir())


def _download_name(db: Session, interview: Interview, original: MediaFile, suffix: str) -> str:
    """Return the download name, built from the accession, not from the sender's file name."""
    recording = db.get(Recording, original.recording_id) if original.recording_id else None
    part = f"-{recording.part}" if recording is not None else f"-{original.id[-6:].lower()}"
    return f"{interview.accession}{part}{suffix}"
