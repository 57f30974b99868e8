"""Theme, text size and language of pages, kept in cookies: for readers without a script."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from archive.web import addresses, app_context, current

bp = Blueprint("display", __name__)

ONE_YEAR_S = 365 * 24 * 3600


@bp.post("/display")
def choose() -> ResponseReturnValue:
    """Go one step through the sizes, or change between light and dark."""
    shown = app_context.display()
    response = redirect(addresses.came_from() or url_for("home.show"), 303)
    if "size" in request.form:
        sizes = app_context.SIZES
        _keep(response, "size", sizes[(sizes.index(shown.size) + 1) % len(sizes)])
    if "theme" in request.form:
        _keep(response, "theme", "light" if shown.theme == "dark" else "dark")
    return response


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        f"loike_{name}", value, max_age=ONE_YEAR_S, samesite="Lax",
        secure=current.settings().https,
    )  # fmt: skip
