"""Addresses of our own static files with a digest in them, so that they may be cached for ever."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import url_for

STATIC = Path(__file__).parent / "static"


def asset(path: str) -> str:
    """The address of `static/<path>`; changes when the file does."""
    file = STATIC / path
    try:
        stamp = file.stat().st_mtime_ns
    except FileNotFoundError:
        return url_for("static", filename=path)
    return url_for("static", filename=path, v=_digest(file, stamp))


@lru_cache(maxsize=512)
def _digest(file: Path, _stamp: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
