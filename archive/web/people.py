"""People: who tells and who asks."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from archive import access
from archive.web import current

bp = Blueprint("people", __name__, url_prefix="/people")


@bp.get("")
def catalogue() -> ResponseReturnValue:
    """Everybody, by given name."""
    access.require(current.actor(), "manage_people")
    return render_template("people/catalogue.html")
