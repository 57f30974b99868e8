"""The contents of an interview: index points that a reader jumps to."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from archive.web import loaders

bp = Blueprint("contents", __name__, url_prefix="/interviews/<accession>/contents")


@bp.get("")
def edit(accession: str) -> ResponseReturnValue:
    """The contents, to be changed."""
    interview = loaders.interview(accession, "describe")
    return render_template("contents/edit.html", interview=interview)
