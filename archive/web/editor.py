"""The editor: a version of a transcript beside its sound, to be corrected.

Only staff open it. Where a version is approved, or the role may not correct, the same
page is for reading and hearing, and says how a correction can begin.
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from archive.actions import desk
from archive.web import current, loaders
from transcription.timecode import clock

bp = Blueprint("editor", __name__, url_prefix="/versions")


@bp.get("/<version_id>/edit")
def show(version_id: str) -> ResponseReturnValue:
    """The page; everything after it goes through the API in `editing.py`."""
    interview, version = loaders.version(version_id, "see_history")
    gathered = desk.gather(current.db(), current.actor(), interview, version)
    return render_template(
        "editor/show.html", interview=interview, version=version, desk=gathered, clock=clock
    )
