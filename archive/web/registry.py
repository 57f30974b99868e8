"""All blueprints. Pages are mounted under a language prefix, services are not."""

from __future__ import annotations

from flask import Blueprint, Flask

from archive.web.accounts import accounts, sign_in
from archive.web.catalogue import index_points, interviews, merging, people
from archive.web.core import display, language
from archive.web.discovery import home, search
from archive.web.editing import page as editor_page
from archive.web.editing import presence, segments
from archive.web.holdings import receipts, stream, tus, uploads
from archive.web.office import events, first_run, jobs, settings
from archive.web.rights import explanations
from archive.web.speech import runs
from archive.web.transcripts import approval, reading, versions

PAGES: tuple[Blueprint, ...] = (
    first_run.bp,
    sign_in.bp,
    display.bp,
    accounts.bp,
    settings.bp,
    interviews.bp,
    people.bp,
    merging.bp,
    index_points.bp,
    reading.bp,
    explanations.bp,
    events.bp,
    runs.bp,
    versions.bp,
    approval.bp,
    editor_page.bp,
    search.bp,
)
SERVICES: tuple[Blueprint, ...] = (
    home.bp,
    uploads.bp,
    tus.bp,
    stream.bp,
    receipts.bp,
    jobs.bp,
    segments.bp,
    presence.bp,
)


def register(app: Flask) -> None:
    """Mount all blueprints."""
    for page in PAGES:
        app.register_blueprint(page, url_prefix=language.LANGUAGE_PREFIX + (page.url_prefix or ""))
    for service in SERVICES:
        app.register_blueprint(service)
