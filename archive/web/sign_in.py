"""Signing in and out. The cookie holds a random token, the server keeps its digest."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from archive.actions import accounts
from archive.actions.accounts import RateLimited, SignedIn, WrongSignIn
from archive.web import addresses, current, language, messages, security

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
def show() -> ResponseReturnValue:
    """The form."""
    return render_template("sign_in/show.html", email="", problem=None, next=_next())


@bp.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Check and open a session; a failure never says which of the two was wrong."""
    email = request.form.get("email", "")[:254]
    try:
        with current.toolbox().database.reading() as db:
            proof = accounts.prove(
                db, email=email, password=request.form.get("password", ""),
                address=request.remote_addr or "",
            )  # fmt: skip
        entered = accounts.sign_in(current.db(), proof)
    except (WrongSignIn, RateLimited) as refused:
        current.keep_changes()  # the failure counts towards the limit
        status = 429 if isinstance(refused, RateLimited) else 401
        problem = messages.for_code(refused.code)
        page = render_template("sign_in/show.html", email=email, problem=problem, next=_next())
        return page, status
    accounts.sign_out(current.db(), request.cookies.get(security.session_cookie(), ""))
    home = url_for("home.show", lang_code=entered.user.language or language.chosen())
    response = redirect(_next() or home, 303)
    keep_session(response, entered)
    return response


@bp.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End this session here and on the server."""
    accounts.sign_out(current.db(), request.cookies.get(security.session_cookie(), ""))
    response = redirect(url_for("home.show"), 303)
    # With the same flags: a browser lets go of a __Host- cookie only over a secure answer.
    response.delete_cookie(
        security.session_cookie(), path="/", secure=current.settings().https,
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return response


def keep_session(response: Response, entered: SignedIn) -> None:
    """Give the token to the browser, out of reach of scripts."""
    response.set_cookie(
        security.session_cookie(), entered.token, max_age=int(entered.life.total_seconds()),
        httponly=True, samesite="Lax", secure=current.settings().https, path="/",
    )  # fmt: skip


def _next() -> str:
    return addresses.own(request.values.get("next", ""))
