"""Request-scoped state: actor, database session, toolbox; the only module that reads `g`.

A request holds one connection at a time: with two, as many requests at once as there are
threads would wait for each other's second one.
"""

from __future__ import annotations

import logging
from typing import cast

from flask import Flask, Response, current_app, g, request, session
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from archive.access import PUBLIC, Rights, rights_today
from archive.actions.office import settings as office_settings
from archive.actions.office.settings import Site
from archive.settings import Settings
from archive.toolbox import Toolbox

log = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def toolbox() -> Toolbox:
    """Return the toolbox of this app."""
    return cast(Toolbox, current_app.extensions["loi_ke"])


def settings() -> Settings:
    """Return the frozen settings of this app."""
    return toolbox().settings


def rights() -> Rights:
    """Return the rights of this request; those of the public until a session was loaded."""
    if "rights" not in g:
        g.rights = rights_today(PUBLIC, settings())
    return cast(Rights, g.rights)


def set_rights(signed_in: Rights) -> None:
    """Set the rights for the rest of this request."""
    g.rights = signed_in


def db() -> Session:
    """Return the request's session: read-only for GET, one write transaction otherwise.

    On SQLite the write lock is taken with the first statement, so nothing slow may follow it;
    uploads and downloads use `toolbox().database.writing()` instead.
    """
    opened = g.get("db")
    if opened is None:
        database = toolbox().database
        safe = request.method in SAFE_METHODS
        opened = database.reader() if safe else database.writer()
        g.db = opened
        g.db_writes = not safe
    return cast(Session, opened)


def site() -> Site:
    """Return the archive's name and settings; loaded once per request."""
    if "site" not in g:
        if g.get("db") is not None:
            g.site = office_settings.site(g.db)
        else:  # own read session: an error page needs the name without taking the write lock
            with toolbox().database.reading() as db:
                g.site = office_settings.site(db)
    return cast(Site, g.site)


def commit_despite_error() -> None:
    """Commit although the response is an error, such as a draft stored on a merge conflict."""
    g.commit_despite_error = True


def end_transaction(*, succeeded: bool) -> None:
    """Commit or roll back, and close the session; a second call does nothing."""
    opened = g.pop("db", None)
    if opened is None:
        return
    try:
        if g.get("db_writes") and (succeeded or g.get("commit_despite_error")):
            opened.commit()
        else:
            opened.rollback()
    finally:
        opened.close()


def roll_back() -> None:
    """Roll back after a database failure; a rollback that fails too is logged."""
    g.pop("commit_despite_error", None)
    session.pop("_flashes", None)  # "saved" was flashed before the commit that failed
    try:
        end_transaction(succeeded=False)
    except SQLAlchemyError:
        log.exception("the transaction could not be rolled back")


def abandon_database() -> None:
    """Roll back and finish the request without the database, after a database failure."""
    roll_back()
    g.setdefault("site", Site())


def register(app: Flask) -> None:
    """End the request's transaction: commit after success, else roll back."""

    @app.after_request
    def _end(response: Response) -> Response:
        try:
            end_transaction(succeeded=response.status_code < 400)
        except SQLAlchemyError as error:  # at the commit; Flask would log each one as a traceback
            return current_app.make_response(current_app.handle_user_exception(error))
        return response

    @app.teardown_request
    def _roll_back(_error: BaseException | None) -> None:
        end_transaction(succeeded=False)
