"""Sign-in and sign-out. The cookie holds a random token, the server stores its digest."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from archive import messages
from archive.actions.accounts import sessions, sign_in
from archive.actions.accounts.rate_limit import RateLimited
from archive.actions.accounts.sessions import NewSession
from archive.actions.accounts.sign_in import WrongSignIn
from archive.web.core import current, language, links, security

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
def show() -> ResponseReturnValue:
    """Render the sign-in form."""
    return render_template(
        "accounts/sign_in/show.html", email="", problem=None, next=_return_path()
    )


@bp.post("/sign-in")
def create_session() -> ResponseReturnValue:
    """Check the password and open a session; the error does not reveal which part was wrong."""
    email = request.form.get("email", "")[:254]
    try:
        with current.toolbox().database.reading() as db:
            proof = sign_in.verify_password(
                db,
                email=email,
                password=request.form.get("password", ""),
                address=request.remote_addr or "",
            )
        signed_in = sign_in.sign_in(current.db(), proof)
    except (WrongSignIn, RateLimited) as refused:
        current.commit_despite_error()  # the failure counts towards the limit
        status = 429 if isinstance(refused, RateLimited) else 401
        problem = messages.for_code(refused.code)
        page = render_template(
            "accounts/sign_in/show.html", email=email, problem=problem, next=_return_path()
        )
        return page, status
    sessions.sign_out(current.db(), request.cookies.get(security.session_cookie(), ""))
    home = url_for("home.show", lang_code=signed_in.user.language or language.code())
    response = redirect(_return_path() or home, 303)
    set_session_cookie(response, signed_in)
    return response


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session in the browser and on the server."""
    sessions.sign_out(current.db(), request.cookies.get(security.session_cookie(), ""))
    security.bind_form_session("")
    response = redirect(url_for("home.show"), 303)
    # Same flags as when set: browsers delete a __Host- cookie only with Secure.
    response.delete_cookie(
        security.session_cookie(),
        path="/",
        secure=current.settings().https,
        httponly=True,
        samesite="Lax",
    )
    return response


def set_session_cookie(response: Response, signed_in: NewSession) -> None:
    """Set the session cookie, HttpOnly, and bind a new form session to it."""
    security.bind_form_session(signed_in.token)
    response.set_cookie(
        security.session_cookie(),
        signed_in.token,
        max_age=int(signed_in.lifetime.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current.settings().https,
        path="/",
    )


def _return_path() -> str:
    return links.local_path(request.values.get("next", ""))
