"""Theme and text size, stored in cookies: works without JavaScript."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from archive.web.core import app_context, current, links

bp = Blueprint("display", __name__)

ONE_YEAR_S = 365 * 24 * 3600


@bp.post("/display")
def set_preferences() -> ResponseReturnValue:
    """Switch to the next text size, or between light and dark."""
    display = app_context.display()
    response = redirect(links.referring_page() or url_for("home.show"), 303)
    if "size" in request.form:
        sizes = app_context.SIZES
        _set_cookie(response, "size", sizes[(sizes.index(display.size) + 1) % len(sizes)])
    if "theme" in request.form:
        _set_cookie(response, "theme", "light" if display.theme == "dark" else "dark")
    return response


def _set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        f"loike_{name}",
        value,
        max_age=ONE_YEAR_S,
        samesite="Lax",
        secure=current.settings().https,
    )
