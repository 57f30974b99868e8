"""Registry of recipes: a new one is a module beside this one and a line here.

The module of a recipe is imported when the recipe is run. Web server and command line ask here
which copies a file needs, and load no decoder for that.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from media.derivatives.base import Progress, Recipe, RecipeOutput
from media.signatures import Group, Kind

Make = Callable[[Path, Path, Progress], RecipeOutput]


def _of_groups(*groups: Group) -> Callable[[Kind], bool]:
    return lambda kind: kind.group in groups


def _imported(
    module: str, function: str = "make"
) -> Callable[[Path, Path, Progress], RecipeOutput]:
    def make(source: Path, target_dir: Path, progress: Progress) -> RecipeOutput:
        run: Callable[[Path, Path, Progress], RecipeOutput]
        run = getattr(importlib.import_module(f"media.derivatives.{module}"), function)
        return run(source, target_dir, progress)

    return make


_TIMED = _of_groups("sound", "video")
_VIDEO, _PICTURE = _of_groups("video"), _of_groups("picture")

# Increase a version when the output of the recipe changes: the copies are then made again.
RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(name="access_copy", version=2, accepts=_TIMED, make=_imported("access_copy")),
        Recipe(name="peaks", version=2, accepts=_TIMED, make=_imported("peaks")),
        Recipe(name="poster", version=1, accepts=_VIDEO, make=_imported("poster")),
        Recipe(name="thumbnail", version=1, accepts=_PICTURE, make=_imported("thumbnail")),
        Recipe(
            name="thumbnail_large",
            version=1,
            accepts=_PICTURE,
            make=_imported("thumbnail", "make_large"),
        ),
    )
}


def recipes_for(kind: Kind) -> list[Recipe]:
    """Return the recipes that accept this kind of file."""
    return [recipe for recipe in RECIPES.values() if recipe.accepts(kind)]
