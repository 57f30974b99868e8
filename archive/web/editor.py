"""The editor: a version of a transcript beside its sound, to be corrected."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from archive.web import loaders

bp = Blueprint("editor", __name__, url_prefix="/versions")


@bp.get("/<version_id>/edit")
def show(version_id: str) -> ResponseReturnValue:
    """The page; everything after it goes through the API in `editing.py`."""
    interview, version = loaders.version(version_id, "correct")
    return render_template("editor/show.html", interview=interview, version=version)
