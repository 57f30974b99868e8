"""Refusals and faults as pages or JSON: what happened, what is safe, what to do.

Sentences live in `messages.py`, one per code; no traceback reaches a page.
"""

from __future__ import annotations

import logging

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from archive.access import NotAllowed, NotVisible, Refused
from archive.web import messages

log = logging.getLogger(__name__)

STATUS_OF_CODE = {
    "not_visible": 404,
    "not_allowed": 403,
    "frozen": 423,
    "rate_limited": 429,
    "no_space": 507,
    "upload_ended": 410,
    "upload_busy": 423,
    "offset_differs": 409,
    "file_too_long": 413,
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
    page = render_template("errors/page.html", status=status, code=code, message=message)
    return page, status


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
        return answer(400, "stale_form")

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()
        code = {404: "not_found", 405: "wrong_verb", 413: "too_large"}.get(error.code, "http")
        return answer(error.code, code)

    @app.errorhandler(OperationalError)
    def _busy(_error: OperationalError) -> ResponseReturnValue:
        log.exception("the database did not answer")
        return answer(503, "database_busy")

    @app.errorhandler(Exception)
    def _unforeseen(_error: Exception) -> ResponseReturnValue:
        log.exception("%s %s failed", request.method, request.path)
        return answer(500, "unexpected")


def _plain(facts: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in facts.items() if isinstance(v, str | int | float | bool | list)}
