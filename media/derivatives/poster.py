"""Recipe of the poster: an early frame of a film that is not black."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from media.derivatives.base import (
    Progress,
    RecipeOutput,
    atomic_write,
)
from media.derivatives.errors import as_derivative_refused
from media.errors import DerivativeRefused
from media.film import FilmReader

MOST_LINES = 720
QUALITY = 82
# Frames are scored in the first minute, three per second.
_SECONDS, _PER_SECOND = 60, 3
_FIRST_CHOICE_MS = 3000
_BLACK = 24.0
_FLAT = 6.0


def make(source: Path, target_dir: Path, progress: Progress) -> RecipeOutput:
    """Save the first good frame after three seconds, or else the best of the first minute."""
    with as_derivative_refused(), FilmReader(source, max_lines=MOST_LINES) as film:
        every = max(1, round(film.rate / _PER_SECOND))
        best: tuple[float, int, VideoFrame] | None = None
        for frame in itertools.islice(film, 0, round(film.rate * _SECONDS), every):
            score = _score(frame)
            if best is None or score >= best[0]:
                best = (score, film.last_ms, frame)
            progress(min(0.9, film.last_ms / 1000 / _SECONDS))
            if film.last_ms >= _FIRST_CHOICE_MS and best[0] >= 1.0:
                break
        if best is None:
            raise DerivativeRefused("undecodable", "no frame")
        target = target_dir / "poster.jpg"
        with atomic_write(target) as temp:
            image = Image.fromarray(best[2].to_ndarray(format="rgb24"))
            image.save(temp, format="JPEG", quality=QUALITY, optimize=True, progressive=True)
    progress(1.0)
    detail = {"width": best[2].width, "height": best[2].height, "at_ms": best[1]}
    return RecipeOutput(path=target, media_type="image/jpeg", detail=detail)


def _score(frame: VideoFrame) -> float:
    """Return 1 for a good frame, less for one that is black or uniform."""
    luma = frame.to_ndarray(format="gray")[::4, ::4].astype(np.float32)
    return min(1.0, float(luma.mean()) / _BLACK, float(luma.std()) / _FLAT)
