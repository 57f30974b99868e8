"""Errors as pages or JSON: what happened, what is safe, what to do.

Texts live in `messages/`, one per code; no traceback reaches a page. A form whose CSRF token or
session has expired is returned with the submitted values, ready to be sent again.
"""

from __future__ import annotations

import logging

from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException

from archive import messages
from archive.access import NotAllowed, NotVisible, Refused
from archive.messages import Message
from archive.migrations import DatabaseNewer, require_known_revision
from archive.storage_faults import DATABASE_FAILURES, fault_of, is_database_lost
from archive.web.core import current, origin

log = logging.getLogger(__name__)

SubmittedFields = tuple[tuple[str, str], ...]
SECRET_FIELDS = frozenset({"password", "present"})
MAX_RETURNED_CHARS = 400_000  # characters
CODE_OF_STATUS = {
    400: "bad_request",
    403: "not_allowed",
    404: "not_found",
    405: "wrong_verb",
    410: "gone",
    413: "too_large",
    414: "address_too_long",
    429: "too_many_requests",
}

STATUS_OF_CODE = {
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


def prefers_json() -> bool:
    """Return whether the client is a script or program rather than a browser showing pages."""
    return request.path.startswith("/api/") or (
        request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )


def respond(status: int, code: str, **facts: object) -> ResponseReturnValue:
    """End the transaction and return the error as a page or as JSON.

    A session whose transaction has failed accepts no more queries, and rendering the error page
    needs a connection.
    """
    try:
        current.end_transaction(succeeded=False)
        message = messages.for_code(code, **facts)  # in the language of the archive's settings
    except DATABASE_FAILURES as error:
        return _database_failed(error)
    if prefers_json():
        return jsonify(error=code, message=message.summary, **_json_values(facts)), status
    return _page(status, code, message)


def respond_bare(status: int, code: str) -> ResponseReturnValue:
    """Return an error without the database and without a form token, so no cookie is set."""
    message = messages.for_code(code)
    if prefers_json():
        return jsonify(error=code, message=message.summary), status
    return _bare_page(status, code, message), status


def respond_sign_in_required() -> ResponseReturnValue:
    """Return 401 for a missing or expired session, with the submitted form if there is one."""
    return _retryable(401, "sign_in", kept="sign_in_kept")


def register(app: Flask) -> None:
    """Register handlers for refusals, HTTP errors and unexpected exceptions."""

    @app.errorhandler(NotVisible)
    def _not_visible(_error: NotVisible) -> ResponseReturnValue:
        return respond(404, "not_found")

    @app.errorhandler(NotAllowed)
    def _not_allowed(error: NotAllowed) -> ResponseReturnValue:
        code = error.decision.reason or "not_allowed"
        return respond(STATUS_OF_CODE.get(code, 403), code)

    @app.errorhandler(Refused)
    def _refused(error: Refused) -> ResponseReturnValue:
        return respond(STATUS_OF_CODE.get(error.code, 422), error.code, **error.facts)

    @app.errorhandler(CSRFError)
    def _csrf_failed(_error: CSRFError) -> ResponseReturnValue:
        return _retryable(400, "stale_form", kept="stale_form_kept")

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()
        original = getattr(error, "original_exception", None)
        if isinstance(original, (*DATABASE_FAILURES, OSError)):
            return _storage_failed(original)  # it failed outside of a route: at the commit
        response = current_app.make_response(
            respond(error.code, CODE_OF_STATUS.get(error.code, "http"))
        )
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response

    for failure in (*DATABASE_FAILURES, OSError):
        app.register_error_handler(failure, _storage_failed)

    @app.errorhandler(DataError)
    @app.errorhandler(OverflowError)
    def _unstorable(_error: Exception) -> ResponseReturnValue:
        # A NUL in a text or a number of forty digits: no column can store it, so no action
        # needs to check for it.
        return respond(400, "wrong_request")

    @app.errorhandler(Exception)
    def _unexpected(_error: Exception) -> ResponseReturnValue:
        return _respond_unexpected()


def _storage_failed(error: Exception) -> ResponseReturnValue:
    """Return the message for the cause of a failed database or file operation."""
    url = current.settings().database_url
    fault = fault_of(error, url)
    if fault == "disk_full":
        # No traceback: at each request it would fill the rest of the disk.
        log.error("%s %s: the disk is full", request.method, request.path)
        current.roll_back()
        return _retryable(507, "disk_full", kept="disk_full_kept")
    if fault is None and isinstance(error, OSError):
        return _respond_unexpected()
    is_named = fault not in (None, "database_busy")
    log.error(
        *("%s %s: the database did not answer (%s)", request.method, request.path, fault),
        exc_info=not is_named,
    )
    if fault is None and isinstance(error, ProgrammingError | OperationalError):
        try:
            require_known_revision(url)
        except DatabaseNewer as newer:
            return _without_database(newer.code)
        except Exception:
            log.exception("the revision of the database cannot be read")
    if fault is None and not isinstance(error, OperationalError):
        return _respond_unexpected()
    return _without_database(fault or "database_busy")


def _database_failed(error: Exception) -> ResponseReturnValue:
    """Return 503 for a failure while another error was being answered."""
    fault = fault_of(error, current.settings().database_url)
    log.error("%s %s: the database did not answer (%s)", request.method, request.path, fault)
    return _without_database(fault or "database_busy")


def _respond_unexpected() -> ResponseReturnValue:
    log.exception("%s %s failed", request.method, request.path)
    return respond(500, "unexpected")


def _without_database(code: str) -> ResponseReturnValue:
    """Return 503 without another query: each one might wait for its timeout."""
    current.abandon_database()
    return respond_bare(503, code)


def _retryable(status: int, code: str, *, kept: str) -> ResponseReturnValue:
    """Return an error page that re-posts the submitted form; `kept` is the message shown then."""
    current.end_transaction(succeeded=False)
    submitted = _submitted_fields()
    if prefers_json() or not submitted:
        return respond(status, code)
    return _page(status, code, messages.for_code(kept), submitted=submitted)


def _page(
    status: int, code: str, message: Message, *, submitted: SubmittedFields = ()
) -> ResponseReturnValue:
    """Return the error page, or the bare page if rendering fails."""
    try:
        page = render_template(
            "core/errors/page.html", status=status, code=code, message=message, submitted=submitted
        )
    except Exception as error:
        if is_database_lost(error, current.settings().database_url):
            return _database_failed(error)
        log.exception("the page of %s could not be drawn", code)
        page = _bare_page(status, code, message)
    return page, status


def _bare_page(status: int, code: str, message: Message) -> str:
    bare = current_app.jinja_env.get_template("core/errors/bare.html")
    # `messages` has loaded the language before, so this needs no database.
    lang_code = get_locale()
    return bare.render(status=status, code=code, message=message, lang_code=lang_code)


def _submitted_fields() -> SubmittedFields:
    """Return the fields of a form sent from one of our own pages, else nothing.

    Browsers name the page's origin with every form and pages cannot forge it, so the values
    returned for another attempt were typed by this person here. Passwords are never returned, nor
    forms with files.
    """
    if not origin.is_own_host(request.headers.get("Origin", "")):
        return ()
    if request.method != "POST" or request.files:
        return ()
    fields = [(k, v) for k, v in request.form.items(multi=True) if k != "csrf_token"]
    if any(name in SECRET_FIELDS for name, _value in fields):
        return ()
    if sum(len(value) for _name, value in fields) > MAX_RETURNED_CHARS:
        return ()
    return tuple(fields)


def _json_values(facts: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in facts.items() if isinstance(v, str | int | float | bool | list)}
