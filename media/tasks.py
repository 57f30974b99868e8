"""What runs in the sandbox: functions of (args, progress), with plain values in and out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from media.derivatives.registry import RECIPES
from media.probe import probe


def probe_file(args: dict[str, Any], progress: Callable[..., None]) -> dict[str, Any]:
    """args: path."""
    return probe(Path(args["path"])).as_json()


def derive(args: dict[str, Any], progress: Callable[..., None]) -> dict[str, Any]:
    """args: recipe, source, target_dir. Tells progress at most a hundred times."""
    told = -1

    def tell(fraction: float) -> None:
        nonlocal told
        if int(fraction * 100) > told:
            told = int(fraction * 100)
            progress(fraction)

    recipe = RECIPES[args["recipe"]]
    made = recipe.make(Path(args["source"]), Path(args["target_dir"]), tell)
    with made.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "path": str(made.path),
        "recipe_version": recipe.version,
        "media_type": made.media_type,
        "detail": made.detail,
        "size_bytes": made.path.stat().st_size,
        "sha256": sha256,
    }
