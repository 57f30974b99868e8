"""Presence of colleagues in the same transcript; polled every ten seconds by the editor page."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from archive.actions.editing import presence
from archive.actions.editing.draft import Draft
from archive.web.core import loaders
from archive.web.editing import api_request

bp = Blueprint("presence", __name__, url_prefix="/api/v1")


@bp.get("/transcripts/<version_id>/presence")
def show(version_id: str) -> ResponseReturnValue:
    """Return the colleagues and the version's revision, without listing the requester."""
    return _colleagues_json(loaders.draft(version_id, "see_history"))


@bp.post("/transcripts/<version_id>/presence")
def report(version_id: str) -> ResponseReturnValue:
    """Store the position of the actor, and return the colleagues."""
    draft = loaders.draft(version_id, "correct")
    body = api_request.body()
    is_typing = api_request.flag(body, "typing")
    presence.record_position(
        draft,
        segment_id=api_request.ulid(body, "seg") if body.get("seg") is not None else None,
        is_typing=is_typing,
    )
    return _colleagues_json(draft)


@bp.delete("/transcripts/<version_id>/presence")
def leave(version_id: str) -> ResponseReturnValue:
    """Remove the actor at once when the page is closed, instead of after half a minute."""
    presence.leave(loaders.draft(version_id, "see_history"))
    return "", 204


def _colleagues_json(draft: Draft) -> ResponseReturnValue:
    colleagues = presence.list_colleagues(draft)
    return jsonify(
        rev=draft.version.revision,
        others=[
            {
                "user": colleague.user_id,
                "name": colleague.name,
                "seg": colleague.segment_id,
                "typing": colleague.is_typing,
                "idle": colleague.idle_s,
            }
            for colleague in colleagues
        ],
    )
