"""Deny by default, a strict content policy, and headers on every response.

What answers without a sign-in is named in PUBLIC_ENDPOINTS; the route × cast table in
`tests/archive/web/test_routes.py` asks every route as every kind of person.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from archive.actions import accounts
from archive.web import addresses, current, errors, language

SESSION_COOKIE = "loike_session"

# Everything else asks for a sign-in before it looks at anything.
PUBLIC_ENDPOINTS = frozenset(
    {
        "static",
        "home.front_door",
        "home.show",
        "home.health",
        "first_run.show",
        "first_run.create",
        "sign_in.show",
        "sign_in.enter",
        "display.choose",
        "interviews.catalogue",
        "interviews.show",
        "search.show",
        "media.stream",
        "reading.cite",
        "versions.export",
        "reading.words",
    }
)

csrf = CSRFProtect()


def session_cookie() -> str:
    """The cookie's name; over https the browser itself holds it to this host and path."""
    return f"__Host-{SESSION_COOKIE}" if current.settings().https else SESSION_COOKIE


def csp_nonce() -> str:
    """The nonce of this response; templates put it on their inline import map and data."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def recognise() -> None:
    """Find out who asks, from the session cookie."""
    token = request.cookies.get(session_cookie())
    if not token or request.endpoint == "static":
        return
    toolbox = current.toolbox()
    user = accounts.recognise(toolbox.database, token)
    if user is not None:
        current.set_actor(accounts.actor_of(user, toolbox.settings))
        g.user_language = user.language


def refuse_nameless() -> None:
    """A part of a form without a name: no browser sends one, and flask-wtf stumbles over it."""
    if request.method not in current.SAFE_METHODS and None in request.form:
        abort(400)


def deny_by_default() -> ResponseReturnValue | None:
    """Send whoever is not signed in to the sign-in page, unless the endpoint is public."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    if not _is_open():
        if (request.endpoint or "").startswith(("first_run.", "display.", "home.health")):
            return None
        return redirect(url_for("first_run.show"), 303)
    if request.endpoint in PUBLIC_ENDPOINTS:
        return None
    if current.actor().is_signed_in:
        return None
    if request.method in current.SAFE_METHODS and language.is_page():
        # An address too long to come back to would also make a header too long to be read.
        wanted = addresses.own(request.full_path.rstrip("?")) or None
        return redirect(url_for("sign_in.show", next=wanted), 303)
    return errors.sign_in_first()


def _is_open() -> bool:
    """Whether the archive has an account; once it has, nobody asks the database again."""
    if not current_app.extensions.get("loi_ke_open"):
        with current.toolbox().database.reading() as db:
            current_app.extensions["loi_ke_open"] = not accounts.is_empty(db)
    return bool(current_app.extensions["loi_ke_open"])


def harden(response: Response) -> Response:
    """Put the security headers on a response, whatever it is."""
    nonce = csp_nonce()
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; "
        f"script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; object-src 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault(
        "Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()"
    )
    if current.settings().https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def register(app: Flask) -> None:
    """Recognise, look for the key of the form, then deny; harden last.

    Recognised first, so that a stale form is answered to the person who sent it.
    """
    app.before_request(recognise)
    app.before_request(refuse_nameless)
    csrf.init_app(app)
    app.before_request(deny_by_default)
    app.after_request(harden)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
