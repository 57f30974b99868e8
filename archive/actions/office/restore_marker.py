"""The marker of a restore that has begun and not ended."""

from __future__ import annotations

from archive.access import Refused
from archive.settings import Settings

MARKER_NAME = "restore-unfinished.json"


class RestoreUnfinished(Refused):
    """A restore into this home was stopped or killed."""

    code = "restore_unfinished"


def require_finished(settings: Settings) -> None:
    """Raise RestoreUnfinished if a restore into this home has begun and not ended."""
    if (settings.home / MARKER_NAME).exists():
        raise RestoreUnfinished
