"""Registry of recipes: a new one is a module beside this one and a line here."""

from __future__ import annotations

from media.derivatives import access_copy, peaks, poster, thumbnail
from media.derivatives.base import Recipe
from media.signatures import Kind

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        access_copy.RECIPE,
        peaks.RECIPE,
        poster.RECIPE,
        thumbnail.RECIPE,
        thumbnail.LARGE,
    )
}


def recipes_for(kind: Kind) -> list[Recipe]:
    """Return the recipes that accept this kind of file."""
    return [recipe for recipe in RECIPES.values() if recipe.accepts(kind)]
