"""The marker of a restore that has begun and not ended."""

from __future__ import annotations

import json
from pathlib import Path

from archive.access import Refused
from archive.db import make_private
from archive.settings import Settings

MARKER_NAME = "restore-unfinished.json"


class RestoreUnfinished(Refused):
    """A restore into this home was stopped or killed."""

    code = "restore_unfinished"


def require_finished(settings: Settings) -> None:
    """Raise RestoreUnfinished if a restore into this home has begun and not ended."""
    if is_unfinished(settings):
        raise RestoreUnfinished


def is_unfinished(settings: Settings) -> bool:
    """Return whether a restore into this home has begun and not ended."""
    return _file(settings).exists()


def unfinished_id(settings: Settings) -> str:
    """Return the id of the restore; empty if it was killed while the marker was written."""
    return _stored(settings, "id")


def unfinished_copy(settings: Settings) -> str:
    """Return the copy that was being restored; empty without a marker, or without its content."""
    return _stored(settings, "copy") if is_unfinished(settings) else ""


def _stored(settings: Settings, key: str) -> str:
    try:
        stored = json.loads(_file(settings).read_bytes())
    except (ValueError, RecursionError):
        return ""
    value = stored.get(key) if isinstance(stored, dict) else None
    return value if isinstance(value, str) else ""


def mark_unfinished(settings: Settings, *, restore_id: str, copy: str) -> None:
    """Mark the home: a restore has begun."""
    file = _file(settings)
    make_private(file)
    file.write_text(json.dumps({"id": restore_id, "copy": copy}), encoding="ascii")


def mark_finished(settings: Settings) -> None:
    """Unmark the home: the restore has ended."""
    _file(settings).unlink()


def _file(settings: Settings) -> Path:
    return settings.home / MARKER_NAME
