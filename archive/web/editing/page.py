"""Editor page: a transcript version beside its sound, to be corrected.

For staff only. If the version is approved, or the role may not correct, the page is read-only and
names how a correction is started.
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from archive.actions.editing import page
from archive.actions.transcripts import text_facts
from archive.web.core import loaders
from transcription.timecode import format_clock

bp = Blueprint("editor", __name__, url_prefix="/versions")


@bp.get("/<version_id>/edit")
def show(version_id: str) -> ResponseReturnValue:
    """Render the page; everything after that uses the API in `segments.py`."""
    draft = loaders.draft(version_id, "see_history")
    contents = page.load_page(draft)
    return render_template(
        "editing/page/show.html",
        interview=draft.interview,
        version=draft.version,
        editor=contents,
        text=text_facts.facts_of_one(draft.db, draft.rights, draft.version),
        clock=format_clock,
    )
