"""Parse and validate requests to the editor's API; errors raise SegmentRefused with the field."""

from __future__ import annotations

import re
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from archive.actions.editing.segments import SegmentChange, SegmentRefused
from archive.models.base import is_id

MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_TEXT_CHARS = 50_000
_REVISION = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


def integer_argument(name: str, default: int | None) -> int | None:
    """Return a number of the query string, or the default if missing, invalid or too large."""
    value = request.args.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else default


def body() -> dict[str, Any]:
    """Return the JSON object of the request body."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    try:
        decoded = request.get_json(silent=True)
    except RecursionError:  # deeply nested brackets
        decoded = None
    if not isinstance(decoded, dict):
        raise SegmentRefused(field="body", why="not_an_object")
    return decoded


def revision(header: str) -> int:
    """Parse the revision of an If-Match header; -1, which no segment has, if invalid."""
    match = _REVISION.fullmatch(header.strip())
    return int(match[1]) if match else -1


def integer(fields: dict[str, Any], name: str) -> int:
    """Return an integer field within 32 bits."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31 - 1:
        raise SegmentRefused(field=name, why="not_a_number")
    return value


def text(fields: dict[str, Any], name: str) -> str:
    """Return a text field of at most MAX_TEXT_CHARS."""
    value = fields.get(name)
    if not isinstance(value, str) or len(value) > MAX_TEXT_CHARS:
        raise SegmentRefused(field=name, why="not_a_text")
    return value


def flag(fields: dict[str, Any], name: str) -> bool:
    """Return a yes-or-no field; a missing one is no."""
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise SegmentRefused(field=name, why="not_yes_or_no")
    return value


def ulid(fields: dict[str, Any], name: str) -> str:
    """Return a field with the form of an id; its existence is not checked here."""
    value = fields.get(name)
    if not isinstance(value, str) or not is_id(value):
        raise SegmentRefused(field=name, why="not_an_id")
    return value


def nonempty_list(fields: dict[str, Any], name: str) -> list[Any]:
    """Return a list field with at least one item."""
    value = fields.get(name)
    if not isinstance(value, list) or not value:
        raise SegmentRefused(field=name, why="missing")
    return value


def segment_change(body: dict[str, Any]) -> SegmentChange:
    """Return the changes requested by a save."""
    flags = body.get("flags")
    if flags is not None and not (
        isinstance(flags, list) and all(isinstance(flag, str) for flag in flags)
    ):
        raise SegmentRefused(field="flags", why="not_a_list")
    return SegmentChange(
        text=text(body, "text") if body.get("text") is not None else None,
        start_ms=integer(body, "start") if body.get("start") is not None else None,
        end_ms=integer(body, "end") if body.get("end") is not None else None,
        speaker=text(body, "speaker") if body.get("speaker") is not None else None,
        state=text(body, "state") if body.get("state") is not None else None,
        flags=tuple(flags) if flags is not None else None,
    )
