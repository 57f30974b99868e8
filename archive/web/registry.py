"""Every blueprint: one line each. Pages are mounted under a language, the rest is not."""

from __future__ import annotations

from flask import Blueprint, Flask

from archive.web import files, jobs, language, media, uploads

PAGES: tuple[Blueprint, ...] = ()
SERVICES: tuple[Blueprint, ...] = (uploads.bp, media.bp, files.bp, jobs.bp)


def register(app: Flask) -> None:
    """Mount them all."""
    for page in PAGES:
        app.register_blueprint(page, url_prefix=language.PREFIX + (page.url_prefix or ""))
    for service in SERVICES:
        app.register_blueprint(service)
