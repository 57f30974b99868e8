"""What a request to the editor's API may say; anything else is a refusal with its field."""

from __future__ import annotations

import re
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from archive.actions.segments import Change, SegmentRefused

LONGEST_BODY_BYTES = 2 * 1024 * 1024
LONGEST_TEXT = 50_000
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_REVISION = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


def asked(name: str, default: int | None) -> int | None:
    """A number of the address; what is none, or larger than any of ours, counts as not said."""
    value = request.args.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else default


def body() -> dict[str, Any]:
    """The object that was sent."""
    if (request.content_length or 0) > LONGEST_BODY_BYTES:
        raise RequestEntityTooLarge
    try:
        sent = request.get_json(silent=True)
    except RecursionError:  # brackets in brackets in brackets
        sent = None
    if not isinstance(sent, dict):
        raise SegmentRefused(field="body", why="not_an_object")
    return sent


def revision(header: str) -> int:
    """The revision that a browser names; -1, which no segment ever had, for anything else."""
    found = _REVISION.fullmatch(header.strip())
    return int(found[1]) if found else -1


def number(step: dict[str, Any], name: str) -> int:
    """A whole number that every database can hold."""
    value = step.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31 - 1:
        raise SegmentRefused(field=name, why="not_a_number")
    return value


def text(step: dict[str, Any], name: str) -> str:
    """A text of bearable length."""
    value = step.get(name)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise SegmentRefused(field=name, why="not_a_text")
    return value


def ulid(step: dict[str, Any], name: str) -> str:
    """What may be the name of something; whether there is such a thing is not asked here."""
    value = step.get(name)
    if not isinstance(value, str) or not _ULID.fullmatch(value):
        raise SegmentRefused(field=name, why="not_an_id")
    return value


def list_of(step: dict[str, Any], name: str) -> list[Any]:
    """A list with something in it."""
    value = step.get(name)
    if not isinstance(value, list) or not value:
        raise SegmentRefused(field=name, why="missing")
    return value


def change(body: dict[str, Any]) -> Change:
    """What a save asks for."""
    flags = body.get("flags")
    if flags is not None and not (
        isinstance(flags, list) and all(isinstance(flag, str) for flag in flags)
    ):
        raise SegmentRefused(field="flags", why="not_a_list")
    return Change(
        text=text(body, "text") if body.get("text") is not None else None,
        start_ms=number(body, "start") if body.get("start") is not None else None,
        end_ms=number(body, "end") if body.get("end") is not None else None,
        speaker=text(body, "speaker") if body.get("speaker") is not None else None,
        state=text(body, "state") if body.get("state") is not None else None,
        flags=tuple(flags) if flags is not None else None,
    )
