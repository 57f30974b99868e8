"""Tasks for the sandbox: functions of (args, progress) with JSON-able values."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from media.derivatives.registry import RECIPES
from media.probe import probe


def probe_file(args: dict[str, Any], progress: Callable[..., None]) -> dict[str, Any]:
    """Return the technical metadata of a file. args: path."""
    return probe(Path(args["path"])).as_json()


def derive(args: dict[str, Any], progress: Callable[..., None]) -> dict[str, Any]:
    """Run a recipe. args: recipe, source, target_dir. Reports progress at most 100 times."""
    reported = -1

    def report(fraction: float) -> None:
        nonlocal reported
        if int(fraction * 100) > reported:
            reported = int(fraction * 100)
            progress(fraction)

    recipe = RECIPES[args["recipe"]]
    output = recipe.make(Path(args["source"]), Path(args["target_dir"]), report)
    with output.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "path": str(output.path),
        "recipe_version": recipe.version,
        "media_type": output.media_type,
        "detail": output.detail,
        "size_bytes": output.path.stat().st_size,
        "sha256": sha256,
    }
