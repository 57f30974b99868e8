"""Addresses of this house: where a passage stands, and whether a wish to go on leads outside."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request, url_for

from archive.actions.playback import Playable
from archive.models import Interview, Segment

LONGEST = 2000


def own(wanted: str) -> str:
    """The wanted address when it is one of ours, else nothing: never another host's.

    Browsers drop tabs and line ends and read a backslash as a slash, so an address
    with any of them is refused as a whole.
    """
    if len(wanted) > LONGEST or not wanted.startswith("/") or wanted.startswith("//"):
        return ""
    if "\\" in wanted or any(not c.isprintable() for c in wanted):
        return ""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return ""
    return wanted if not parts.scheme and not parts.netloc else ""


def came_from() -> str:
    """The page of ours that the request came from, or nothing.

    Its path is not to be trusted either: `http://us//elsewhere` is a page of ours, and
    `//elsewhere` is not.
    """
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    if parts.netloc != request.host:
        return ""
    return own(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def passage(
    interview: Interview, segment: Segment, playable: Playable | None, *, start_ms: int
) -> str:
    """The page of an interview at a passage, so that it is marked and its sound stands there."""
    part = playable.recording.part if playable and playable.recording.part > 1 else None
    return url_for(
        "interviews.show", accession=interview.accession, part=part,
        t=f"{start_ms / 1000:.1f}-{segment.end_ms / 1000:.1f}", _anchor=f"s-{segment.id}",
    )  # fmt: skip
