"""Small pictures of an attachment: JPEG, the right way up, silent about place and owner."""

from __future__ import annotations

from pathlib import Path

from media.derivatives.base import Made, Progress, Recipe, written_whole
from media.derivatives.refusing import refusing
from media.pictures import opened, upright
from media.signatures import Kind

SMALL, LARGE_SIDE = 640, 1600
QUALITY = 82


def wants(kind: Kind) -> bool:
    """Pictures."""
    return kind.group == "picture"


def make(source: Path, target_dir: Path, progress: Progress) -> Made:
    """The longest side is 640 pixels, for lists."""
    return _make(source, target_dir / "thumbnail.jpg", SMALL, progress)


def make_large(source: Path, target_dir: Path, progress: Progress) -> Made:
    """The longest side is 1600 pixels, to look at."""
    return _make(source, target_dir / "thumbnail_large.jpg", LARGE_SIDE, progress)


def _make(source: Path, target: Path, longest: int, progress: Progress) -> Made:
    with refusing(), opened(source) as image:
        original = {"original_width": image.width, "original_height": image.height}
        small = upright(image, longest)
        progress(0.9)
        with written_whole(target) as temp:
            small.save(temp, format="JPEG", quality=QUALITY, optimize=True, progressive=True)
    progress(1.0)
    detail = {"width": small.width, "height": small.height, **original}
    return Made(path=target, media_type="image/jpeg", detail=detail)


RECIPE = Recipe(name="thumbnail", version=1, wants=wants, make=make)
LARGE = Recipe(name="thumbnail_large", version=1, wants=wants, make=make_large)
