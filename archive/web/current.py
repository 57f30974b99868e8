"""The request's own things: who asks, the database session, the tools. The only user of `g`."""

from __future__ import annotations

from typing import cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from archive.access import Actor, public
from archive.settings import Settings
from archive.toolbox import Toolbox

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def toolbox() -> Toolbox:
    """The tools of this archive."""
    return cast(Toolbox, current_app.extensions["loi_ke"])


def settings() -> Settings:
    """The frozen settings of this archive."""
    return toolbox().settings


def actor() -> Actor:
    """Who asks; the public until `security` has recognised a session."""
    return cast(Actor, g.get("actor") or public(settings().public_states))


def set_actor(who: Actor) -> None:
    """Make `who` the actor of the rest of this request."""
    g.actor = who


def db() -> Session:
    """The request's session: read-only for GET, one write transaction otherwise.

    On SQLite the write lock is taken with the first statement, so nothing slow may
    follow it; transfers of bytes use `toolbox().database.writing()` instead.
    """
    session = g.get("db")
    if session is None:
        database = toolbox().database
        safe = request.method in SAFE_METHODS
        session = database.reader() if safe else database.writer()
        g.db = session
        g.db_writes = not safe
    return cast(Session, session)


def keep_changes() -> None:
    """Commit even though the answer is an error: a draft that could not be merged is kept."""
    g.keep_changes = True


def close(*, succeeded: bool) -> None:
    """Commit or roll back, and give the connection back; called once by `register`."""
    session = g.pop("db", None)
    if session is None:
        return
    try:
        if g.get("db_writes") and (succeeded or g.get("keep_changes")):
            session.commit()
        else:
            session.rollback()
    finally:
        session.close()


def register(app: Flask) -> None:
    """End the request's transaction: after success commit, otherwise roll back."""

    @app.after_request
    def _end(response: Response) -> Response:
        close(succeeded=response.status_code < 400)
        return response

    @app.teardown_request
    def _abandon(_error: BaseException | None) -> None:
        close(succeeded=False)
