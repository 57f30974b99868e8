"""Derivatives of originals: rows, folders, and the recipes that are still to be run.

A derivative can be made again at any time. Its row names the recipe and its version, so a
newer recipe replaces it; a recipe that failed leaves a row with `problem` and no path.
PREMIS 3 calls the event *derivation*.

It is built in a folder named by the lease of its job and moved, by the holder of the lease,
into a folder that no other job uses: a worker that comes back after its lease can delete
nothing but its own.
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

from archive import access, audit
from archive.access import Rights
from archive.models import Interview, Job, MediaFile, Recording
from archive.models.base import is_id
from archive.toolbox import Toolbox
from media.derivatives.base import Recipe
from media.derivatives.registry import RECIPES
from media.disk import Disk
from media.kinds import Kind

WORK_FOLDER_PREFIX = ".making-"
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


def is_complete(file: MediaFile, *, root: Path) -> bool:
    """Return whether the file of a derivative is there, with all its bytes."""
    if not file.path:
        return False
    path = root / file.path
    return path.is_file() and path.stat().st_size == file.size_bytes


def missing_recipes(db: Session, original: MediaFile, kind: Kind, *, root: Path) -> list[Recipe]:
    """Return the recipes for this kind whose current version has no row or no complete file."""
    made = {
        (file.recipe, file.recipe_version)
        for file in db.scalars(select(MediaFile).where(MediaFile.derived_from_id == original.id))
        if is_complete(file, root=root)
    }
    return [
        recipe
        for recipe in RECIPES.values()
        if recipe.accepts(kind) and (recipe.name, recipe.version) not in made
    ]


def work_folder(root: Path, original_id: str, token: str) -> Path:
    """Return the folder in which the holder of a lease builds derivatives of an original."""
    return root / original_id / f"{WORK_FOLDER_PREFIX}{token}"


def publish(root: Path, original_id: str, recipe: Recipe, *, built: Path, token: str) -> Path:
    """Move a built folder to its place and return that; call it in the transaction of the row.

    The place is named by the lease as well: after a kill between the move and the commit, no
    row refers to it, and no row refers to bytes that are not its own.
    """
    place = root / original_id / f"{recipe.name}-{recipe.version}-{token}"
    disk = Disk()
    disk.sync_folder(built)
    shutil.rmtree(place, ignore_errors=True)
    disk.rename(built, place)
    disk.sync_folder(place.parent)
    return place


def delete_work_folders(db: Session, original_id: str, *, root: Path) -> None:
    """Delete what killed runs left of an original; folders of running leases stay."""
    # Folders first: a worker that is stopped here for long must not delete those that its
    # successor made meanwhile. A lease that has ended never runs again.
    folders = list((root / original_id).glob(f"{WORK_FOLDER_PREFIX}*"))
    running = _running_tokens(db)
    for folder in folders:
        if folder.name.removeprefix(WORK_FOLDER_PREFIX) not in running:
            shutil.rmtree(folder, ignore_errors=True)


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
        running = {f"{WORK_FOLDER_PREFIX}{token}" for token in _running_tokens(db)}
    newest_mtime = time.time() - SWEEP_AFTER.total_seconds()
    removed = 0
    for folder in _folders(root):
        is_known = str(folder.relative_to(root)) in known or folder.name in running
        if not is_known and folder.stat().st_mtime < newest_mtime:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
    return removed


def _running_tokens(db: Session) -> set[str]:
    return set(db.scalars(select(Job.lease_token).where(Job.state == "running")))


def _folders(root: Path) -> Iterator[Path]:
    for original in sorted(path for path in root.iterdir() if is_id(path.name) and path.is_dir()):
        yield from sorted(path for path in original.iterdir() if path.is_dir())


def _download_name(db: Session, interview: Interview, original: MediaFile, suffix: str) -> str:
    """Return the download name, built from the accession, not from the sender's file name."""
    recording = db.get(Recording, original.recording_id) if original.recording_id else None
    part = f"-{recording.part}" if recording is not None else f"-{original.id[-6:].lower()}"
    return f"{interview.accession}{part}{suffix}"
