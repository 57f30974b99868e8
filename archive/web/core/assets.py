"""URLs of static files with a digest, so that they may be cached for ever.

Built without the router: a request with an unreadable Host has none, and the bare error page still
needs its style sheet.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import current_app, request

STATIC = Path(__file__).parents[1] / "static"


def asset(path: str) -> str:
    """Return the URL of `static/<path>` with a digest of its content."""
    file = STATIC / path
    url = f"{request.script_root}{current_app.static_url_path}/{path}"
    try:
        stamp = file.stat().st_mtime_ns
    except FileNotFoundError:
        return url
    return f"{url}?v={_digest(file, stamp)}"


@lru_cache(maxsize=512)
def _digest(file: Path, _stamp: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
