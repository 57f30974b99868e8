"""Where colleagues are in the same text; asked for every ten seconds by the editor's page."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from archive.actions import presence
from archive.actions.segments import SegmentRefused
from archive.models import Interview, TranscriptVersion
from archive.web import current, loaders
from archive.web import editing_input as said

bp = Blueprint("presence", __name__, url_prefix="/api/v1")


@bp.get("/transcripts/<version_id>/presence")
def show(version_id: str) -> ResponseReturnValue:
    """The others, and the revision of the version: whoever only looks on is not listed."""
    return _others(*loaders.version(version_id, "see_history"))


@bp.post("/transcripts/<version_id>/presence")
def tell(version_id: str) -> ResponseReturnValue:
    """Say where one is, and hear where the others are."""
    interview, version = loaders.version(version_id, "correct")
    body = said.body()
    is_typing = body.get("typing", False)
    if not isinstance(is_typing, bool):
        raise SegmentRefused(field="typing", why="not_yes_or_no")
    presence.tell(
        current.db(), current.actor(), interview, version,
        segment_id=said.ulid(body, "seg") if body.get("seg") is not None else None,
        is_typing=is_typing,
    )  # fmt: skip
    return _others(interview, version)


@bp.delete("/transcripts/<version_id>/presence")
def leave(version_id: str) -> ResponseReturnValue:
    """The page was closed: do not let the others wait for half a minute."""
    interview, version = loaders.version(version_id, "see_history")
    presence.leave(current.db(), current.actor(), interview, version)
    return "", 204


def _others(interview: Interview, version: TranscriptVersion) -> ResponseReturnValue:
    found = presence.others(current.db(), current.actor(), interview, version)
    return jsonify(
        rev=version.revision,
        others=[
            {
                "user": one.user_id, "name": one.name, "seg": one.segment_id,
                "typing": one.is_typing, "idle": one.idle_s,
            }
            for one in found
        ],
    )  # fmt: skip
