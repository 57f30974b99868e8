"""What is made from originals for listening and looking: rows, folders, and what is missing.

A derivative is disposable. Its row names the recipe and the version, so a better recipe
makes it again; a recipe that failed leaves a row with `problem` and no path, and the
original is safe all the same. PREMIS 3 calls the event *derivation*.
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
from archive.access import Actor
from archive.models import Interview, MediaFile, Recording
from archive.toolbox import Toolbox
from media.derivatives.base import Recipe
from media.derivatives.registry import RECIPES
from media.kinds import Kind

ROLE_OF_RECIPE = {"access_copy": "access"}
SETTLED = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a recipe gave: a file under the folder of derivatives, or the code of a problem."""

    path: str = ""
    media_type: str = "application/octet-stream"
    size_bytes: int = 0
    sha256: str = ""
    technical: dict[str, Any] | None = None
    problem: str = ""


def role(recipe: Recipe) -> str:
    """What a file made by this recipe is for."""
    return ROLE_OF_RECIPE.get(recipe.name, recipe.name)


def wanted(db: Session, original: MediaFile, kind: Kind, *, root: Path) -> list[Recipe]:
    """The recipes for this kind whose present version is not there, as a row and as a file."""
    made = {
        (file.recipe, file.recipe_version)
        for file in db.scalars(select(MediaFile).where(MediaFile.derived_from_id == original.id))
        if file.path and (root / file.path).is_file()
    }
    return [
        recipe
        for recipe in RECIPES.values()
        if recipe.wants(kind) and (recipe.name, recipe.version) not in made
    ]


def folder(original: MediaFile, recipe: Recipe) -> str:
    """Where a recipe's file of an original lies, relative to the folder of derivatives."""
    return f"{original.id}/{recipe.name}-{recipe.version}"


def note(
    db: Session, actor: Actor, original: MediaFile, recipe: Recipe, *, outcome: Outcome
) -> MediaFile:
    """Write what a recipe gave, in place of what an older version or a failed try gave."""
    interview = db.get_one(Interview, original.interview_id)
    access.require(actor, "upload", interview)
    for old in db.scalars(
        select(MediaFile).where(
            MediaFile.derived_from_id == original.id, MediaFile.recipe == recipe.name
        )
    ).all():
        db.delete(old)
    file = MediaFile(
        interview_id=original.interview_id, recording_id=original.recording_id,
        role=role(recipe), group=original.group, derived_from_id=original.id,
        recipe=recipe.name, recipe_version=recipe.version, path=outcome.path,
        filename=_name(db, interview, original, Path(outcome.path).suffix),
        media_type=outcome.media_type, size_bytes=outcome.size_bytes, sha256=outcome.sha256,
        technical=outcome.technical or {}, problem=outcome.problem,
    )  # fmt: skip
    db.add(file)
    db.flush()
    audit.record(
        db, actor, "file.derived", file, interview=interview,
        outcome="failure" if outcome.problem else "success", source=original.id,
        source_digest=original.sha256, recipe=recipe.name, version=recipe.version,
        problem=outcome.problem, size_bytes=outcome.size_bytes, digest=outcome.sha256,
    )  # fmt: skip
    return file


def plan(db: Session, *, root: Path) -> int:
    """Queue the originals whose copies are missing or were made by an older recipe; how many."""
    versions = {recipe.name: recipe.version for recipe in RECIPES.values()}
    stale = {
        file.derived_from_id: file.interview_id
        for file in db.scalars(select(MediaFile).where(MediaFile.derived_from_id.is_not(None)))
        if file.recipe_version < versions.get(file.recipe, 0)
        or (file.path and not (root / file.path).is_file())
    }
    for original_id, interview_id in stale.items():
        queue.enqueue(
            db, "derive", lane="files", interview_id=interview_id,
            unique_key=f"derive:{original_id}",
            payload={"subject_id": original_id}, priority=-20,
        )  # fmt: skip
    return len(stale)


def sweep(toolbox: Toolbox) -> int:
    """Remove folders that no row speaks of and that are a day old; how many."""
    root = toolbox.derivatives_dir
    if not root.is_dir():
        return 0
    with toolbox.database.reading() as db:
        known = {
            str(Path(path).parent)
            for path in db.scalars(select(MediaFile.path).where(MediaFile.path != ""))
        }
    latest = time.time() - SETTLED.total_seconds()
    swept = 0
    for made in _folders(root):
        if str(made.relative_to(root)) not in known and made.stat().st_mtime < latest:
            shutil.rmtree(made, ignore_errors=True)
            swept += 1
            if not any(made.parent.iterdir()):
                made.parent.rmdir()
    return swept


def _folders(root: Path) -> Iterator[Path]:
    for original in sorted(path for path in root.iterdir() if path.is_dir()):
        yield from sorted(path for path in original.iterdir() if path.is_dir())


def _name(db: Session, interview: Interview, original: MediaFile, suffix: str) -> str:
    """What a copy is called when somebody saves it: never what its sender called it."""
    recording = db.get(Recording, original.recording_id) if original.recording_id else None
    part = f"-{recording.part}" if recording is not None else f"-{original.id[-6:].lower()}"
    return f"{interview.accession}{part}{suffix}"
