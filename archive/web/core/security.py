"""Deny by default, CSRF and origin checks, a strict content policy, security headers.

Endpoints open without a sign-in are listed in PUBLIC_ENDPOINTS; the table in
`tests/archive/web/core/test_routes.py` requests every route as every kind of user.
"""

from __future__ import annotations

import hashlib
import logging
import secrets

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from archive.actions.accounts import accounts, sessions
from archive.web.core import current, errors, language, links, origin
from archive.web.core.after_answer import after_answer

SESSION_COOKIE = "loike_session"
FORM_OWNER = "owner"  # session key: digest of the session token that the form token is bound to

# All other endpoints require a sign-in before anything is loaded.
PUBLIC_ENDPOINTS = frozenset(
    {
        "static",
        "home.redirect_to_language",
        "home.show",
        "home.health",
        "first_run.show",
        "first_run.create",
        "sign_in.show",
        "sign_in.create_session",
        "display.set_preferences",
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
log = logging.getLogger(__name__)


def session_cookie() -> str:
    """Return the cookie's name; the `__Host-` prefix binds it to this host and path over https."""
    return f"__Host-{SESSION_COOKIE}" if current.settings().https else SESSION_COOKIE


def csp_nonce() -> str:
    """Return the CSP nonce of this response, for the inline import map and data."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def reject_cross_origin() -> ResponseReturnValue | None:
    """Refuse an unsafe request that a page of another origin sent."""
    if request.method in current.SAFE_METHODS or not origin.is_cross_origin():
        return None
    # The log shows an administrator that a proxy does not forward the requested Host.
    headers = {name: request.headers.get(name, "-")[:200] for name in ("Origin", "Host")}
    log.warning("refused a request of another origin: %s", headers)
    return errors.respond_bare(403, "foreign_page")


def bind_form_session(token: str) -> None:
    """Start a new form session unless this one belongs to the session behind `token`.

    The cookie that holds the form token is bound to a host, not to a sign-in: one fetched without
    an account would otherwise be valid for the forms of any signed-in user.
    """
    owner = hashlib.sha256(token.encode()).hexdigest() if token else ""
    if session.get(FORM_OWNER, "") != owner:
        session.clear()
        if owner:
            session[FORM_OWNER] = owner


def load_session() -> None:
    """Load the session of the cookie and set the actor."""
    if request.endpoint == "static":
        return
    token = request.cookies.get(session_cookie(), "")
    bind_form_session(token)
    if not token:
        return
    toolbox = current.toolbox()
    found = sessions.active_session(toolbox.database, token)
    if found is None:
        return
    with toolbox.database.reading() as db:
        current.set_rights(accounts.rights_of(db, found.user, toolbox.settings))
    g.user_language = found.user.language
    if sessions.needs_seen_update(found):
        after_answer(lambda db: sessions.mark_seen(db, token))


def reject_unnamed_fields() -> None:
    """Reject multipart parts without a name: flask-wtf raises TypeError on them."""
    if request.method not in current.SAFE_METHODS and None in request.form:
        abort(400)


def deny_by_default() -> ResponseReturnValue | None:
    """Redirect to the sign-in page unless signed in or the endpoint is public."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    if not _has_accounts():
        if (request.endpoint or "").startswith(("first_run.", "display.", "home.health")):
            return None
        return redirect(url_for("first_run.show"), 303)
    if request.endpoint in PUBLIC_ENDPOINTS:
        return None
    if current.rights().actor.is_signed_in:
        return None
    if request.method in current.SAFE_METHODS and language.is_page():
        # A URL too long to return to would also make the Location header too long.
        target = links.local_path(request.full_path.rstrip("?")) or None
        return redirect(url_for("sign_in.show", next=target), 303)
    return errors.respond_sign_in_required()


def _has_accounts() -> bool:
    """Return whether the archive has an account; cached for the process once true."""
    if not current_app.extensions.get("loi_ke_open"):
        with current.toolbox().database.reading() as db:
            current_app.extensions["loi_ke_open"] = not accounts.has_no_accounts(db)
    return bool(current_app.extensions["loi_ke_open"])


def set_security_headers(response: Response) -> Response:
    """Set the security headers of a response."""
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
    """Register the checks of a request in order, and the response headers.

    The form token is checked after the sign-in, so that an expired session is reported as such and
    not as a form that has been open for too long.
    """
    app.before_request(reject_cross_origin)
    app.before_request(load_session)
    app.before_request(reject_unnamed_fields)
    app.before_request(deny_by_default)
    csrf.init_app(app)
    app.after_request(set_security_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
