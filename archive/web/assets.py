"""Addresses of our own static files with a digest in them, so that they may be cached for ever.

Written without the router: a request whose Host cannot be read has none, and the bare
page that answers it has a style sheet all the same.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import current_app, request

STATIC = Path(__file__).parent / "static"


def asset(path: str) -> str:
    """The address of `static/<path>`; changes when the file does."""
    file = STATIC / path
    address = f"{request.script_root}{current_app.static_url_path}/{path}"
    try:
        stamp = file.stat().st_mtime_ns
    except FileNotFoundError:
        return address
    return f"{address}?v={_digest(file, stamp)}"


@lru_cache(maxsize=512)
def _digest(file: Path, _stamp: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
