"""Links within this site: URLs of segments, and checks that a redirect target is local."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request, url_for

from archive.actions.holdings.playback import Playable
from archive.actions.transcripts.rendition import Turn
from archive.models import Interview

MAX_PATH_LENGTH = 2000


def local_path(target: str) -> str:
    """Return the target if it is a path of this site, else an empty string.

    Browsers drop tabs and line ends and read a backslash as a slash, so an address with any of them
    is refused as a whole.
    """
    if len(target) > MAX_PATH_LENGTH or not target.startswith("/") or target.startswith("//"):
        return ""
    if "\\" in target or any(not c.isprintable() for c in target):
        return ""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    return target if not parts.scheme and not parts.netloc else ""


def referring_page() -> str:
    """Return the path of the referring page if it is on this site, else an empty string.

    The path is checked too: `http://us//elsewhere` has our host, but `//elsewhere` has not.
    """
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    if parts.netloc != request.host:
        return ""
    return local_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def segment_url(
    interview: Interview, turn: Turn, playable: Playable | None, *, start_ms: int
) -> str:
    """Return the URL of an interview's page that marks a turn and seeks the player to
    `start_ms`.
    """
    part = playable.recording.part if playable and playable.recording.part > 1 else None
    return url_for(
        "interviews.show",
        accession=interview.accession,
        part=part,
        t=f"{start_ms / 1000:.1f}-{turn.end_ms / 1000:.1f}",
        _anchor=f"s-{turn.id}",
    )
