"""Recipes of small pictures of an attachment: upright JPEG without metadata."""

from __future__ import annotations

from pathlib import Path

from media.derivatives.base import Progress, RecipeOutput, atomic_write
from media.derivatives.errors import as_derivative_refused
from media.pictures import open_picture, render_small

SMALL, LARGE_SIDE = 640, 1600
QUALITY = 82


def make(source: Path, target_dir: Path, progress: Progress) -> RecipeOutput:
    """Make the picture for lists, its longer side 640 pixels."""
    return _make(source, target_dir / "thumbnail.jpg", SMALL, progress)


def make_large(source: Path, target_dir: Path, progress: Progress) -> RecipeOutput:
    """Make the picture for viewing, its longer side 1600 pixels."""
    return _make(source, target_dir / "thumbnail_large.jpg", LARGE_SIDE, progress)


def _make(source: Path, target: Path, longest: int, progress: Progress) -> RecipeOutput:
    with as_derivative_refused(), open_picture(source) as image:
        original = {"original_width": image.width, "original_height": image.height}
        small = render_small(image, longest)
        progress(0.9)
        with atomic_write(target) as temp:
            small.save(temp, format="JPEG", quality=QUALITY, optimize=True, progressive=True)
    progress(1.0)
    detail = {"width": small.width, "height": small.height, **original}
    return RecipeOutput(path=target, media_type="image/jpeg", detail=detail)
