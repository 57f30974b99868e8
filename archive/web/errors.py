"""Refusals and faults as pages or JSON: what happened, what is safe, what to do.

Sentences live in `messages/`, one per code; no traceback reaches a page. A form whose key
or whose sign-in has expired is given back with everything that was typed, to be sent once more.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from archive.access import NotAllowed, NotVisible, Refused
from archive.web import messages
from archive.web.messages import Message

log = logging.getLogger(__name__)

Typed = tuple[tuple[str, str], ...]
SECRET_FIELDS = frozenset({"password", "present"})
MOST_GIVEN_BACK = 400_000  # characters
OF_STATUS = {
    400: "bad_request", 403: "not_allowed", 404: "not_found", 405: "wrong_verb", 410: "gone",
    413: "too_large", 414: "address_too_long", 429: "too_many_requests",
}  # fmt: skip

STATUS_OF_CODE = {
    "not_visible": 404,
    "not_allowed": 403,
    "frozen": 423,
    "unknown_format": 404,
    "segment_replaced": 410,
    "stale": 412,
    "rate_limited": 429,
    "no_space": 507,
    "upload_ended": 410,
    "upload_busy": 423,
    "offset_differs": 409,
    "file_too_long": 413,
    "idempotency_key_missing": 428,
    "idempotency_key_reused": 409,
    "more_than_declared": 413,
}


def wants_json() -> bool:
    """Whether the asker is our own script or a program, rather than a person's browser."""
    return request.path.startswith("/api/") or (
        request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )


def answer(status: int, code: str, **facts: object) -> ResponseReturnValue:
    """One refusal, for a page or for a program."""
    message = messages.for_code(code, **facts)
    if wants_json():
        return jsonify(error=code, message=message.happened, **_plain(facts)), status
    return _page(status, code, message), status


def sign_in_first() -> ResponseReturnValue:
    """The answer to somebody who is not, or no longer, signed in."""
    return _overcome(401, "sign_in", kept="sign_in_kept")


def register(app: Flask) -> None:
    """Map our refusals, the framework's errors and the unforeseen."""

    @app.errorhandler(NotVisible)
    def _hidden(_error: NotVisible) -> ResponseReturnValue:
        return answer(404, "not_found")

    @app.errorhandler(NotAllowed)
    def _forbidden(error: NotAllowed) -> ResponseReturnValue:
        status = 423 if error.decision.reason == "frozen" else 403
        return answer(status, error.decision.reason or "not_allowed")

    @app.errorhandler(Refused)
    def _refused(error: Refused) -> ResponseReturnValue:
        return answer(STATUS_OF_CODE.get(error.code, 422), error.code, **error.facts)

    @app.errorhandler(CSRFError)
    def _forged(_error: CSRFError) -> ResponseReturnValue:
        return _overcome(400, "stale_form", kept="stale_form_kept")

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()
        response = current_app.make_response(answer(error.code, OF_STATUS.get(error.code, "http")))
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response

    @app.errorhandler(OperationalError)
    def _busy(_error: OperationalError) -> ResponseReturnValue:
        log.exception("the database did not answer")
        return answer(503, "database_busy")

    @app.errorhandler(DataError)
    @app.errorhandler(OverflowError)
    def _unstorable(_error: Exception) -> ResponseReturnValue:
        # A NUL in a text or a number of forty figures: no column of ours can hold it, so no
        # action has to ask for it first.
        return answer(400, "wrong_request")

    @app.errorhandler(Exception)
    def _unforeseen(_error: Exception) -> ResponseReturnValue:
        log.exception("%s %s failed", request.method, request.path)
        return answer(500, "unexpected")


def _overcome(status: int, code: str, *, kept: str) -> ResponseReturnValue:
    """A refusal that one can get past; `kept` is its sentence when what was typed comes back."""
    typed = _typed_here()
    if wants_json() or not typed:
        return answer(status, code)
    return _page(status, code, messages.for_code(kept), typed=typed), status


def _page(status: int, code: str, message: Message, *, typed: Typed = ()) -> str:
    """The page of an error; without the frame of the house when even that cannot be drawn."""
    try:
        return render_template(
            "errors/page.html", status=status, code=code, message=message, typed=typed
        )
    except Exception:
        log.exception("the page of %s could not be drawn", code)
        bare = current_app.jinja_env.get_template("errors/bare.html")
        # `messages` has asked for the language already, so it can be told even now.
        lang_code = get_locale()
        return bare.render(status=status, code=code, message=message, lang_code=lang_code)


def _typed_here() -> Typed:
    """The fields of a form that one of our own pages sent; nothing when a stranger's page did.

    A browser names the page's origin with every form and no page can forge it, so what
    comes back to be sent again is what this person typed here. Passwords are never
    given back, nor is a form that held files.
    """
    origin = urlsplit(request.headers.get("Origin", ""))
    if origin.netloc != request.host or request.method != "POST" or request.files:
        return ()
    fields = [(k, v) for k, v in request.form.items(multi=True) if k != "csrf_token"]
    if any(name in SECRET_FIELDS for name, _value in fields):
        return ()
    if sum(len(value) for _name, value in fields) > MOST_GIVEN_BACK:
        return ()
    return tuple(fields)


def _plain(facts: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in facts.items() if isinstance(v, str | int | float | bool | list)}
