"""Every blueprint: one line each. Pages are mounted under a language, the rest is not."""

from __future__ import annotations

from flask import Blueprint, Flask

from archive.web import (
    accounts,
    contents,
    display,
    editing,
    editor,
    files,
    first_run,
    home,
    interviews,
    jobs,
    language,
    media,
    office,
    people,
    presence,
    reading,
    search,
    sign_in,
    transcripts,
    uploads,
    versions,
)

PAGES: tuple[Blueprint, ...] = (
    first_run.bp,
    sign_in.bp,
    display.bp,
    accounts.bp,
    office.bp,
    interviews.bp,
    people.bp,
    contents.bp,
    reading.bp,
    transcripts.bp,
    versions.bp,
    editor.bp,
    search.bp,
)
SERVICES: tuple[Blueprint, ...] = (
    home.bp,
    uploads.bp,
    media.bp,
    files.bp,
    jobs.bp,
    editing.bp,
    presence.bp,
)


def register(app: Flask) -> None:
    """Mount them all."""
    for page in PAGES:
        app.register_blueprint(page, url_prefix=language.PREFIX + (page.url_prefix or ""))
    for service in SERVICES:
        app.register_blueprint(service)
