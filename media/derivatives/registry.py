"""Every recipe: a new one is a file beside this one and a line here."""

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


def wanted(kind: Kind) -> list[Recipe]:
    """The recipes that a file of this kind is given to."""
    return [recipe for recipe in RECIPES.values() if recipe.wants(kind)]
