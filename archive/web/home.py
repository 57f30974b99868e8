"""The front of the house: the door without a language, the home page, and whether we are well."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from archive.web import language

bp = Blueprint("home", __name__)


@bp.get("/")
def front_door() -> ResponseReturnValue:
    """Send the visitor to the home page in their language."""
    return redirect(url_for("home.show", lang_code=language.chosen()), 302)


@bp.get("/health")
def health() -> ResponseReturnValue:
    """Says that the server answers."""
    return jsonify(ok=True)


@bp.get(language.PREFIX + "/")
def show() -> ResponseReturnValue:
    """The home page."""
    return render_template("home/show.html")
