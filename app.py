"""Wires the archive together, and nothing else: the only place that chooses concrete tools."""

from __future__ import annotations

from flask import Flask

from archive import cli, file_modes
from archive.archive_moved import Home, HomeDisk
from archive.cli import output
from archive.db import Database
from archive.settings import Settings, keep_secret_key
from archive.toolbox import Toolbox
from archive.web import registry
from archive.web.core import after_answer, app_context, current, errors, language, security
from media.parts import PartStore
from media.vault import Vault
from search.backends.registry import open_backend

LONGEST_FORM_BYTES = 64 * 1024 * 1024


def create_toolbox(settings: Settings) -> Toolbox:
    """The tools that web, worker and command line share."""
    home = Home(settings.home)
    disk = HomeDisk(home)
    return Toolbox(
        settings=settings,
        home=home,
        database=Database(settings.database_url, connections=settings.web_threads, home=home),
        vault=Vault(settings.vault_dir, disk=disk, group=settings.media_gid),
        parts=PartStore(settings.parts_dir, disk=disk),
        index=open_backend("on_disk", settings.index_dir),
    )


def create_app(settings: Settings | None = None) -> Flask:
    """The web application and the `flask …` commands of one archive.

    Opens nothing on disk that does not exist yet: `flask init` makes the archive.
    """
    with output.report_startup_errors():
        settings = settings or Settings.from_env()
        secret_key = keep_secret_key(settings)
        file_modes.restrict_at_start(settings)
    app = Flask(
        __name__, static_folder="archive/web/static", template_folder="archive/web/templates"
    )
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=LONGEST_FORM_BYTES,
        SESSION_COOKIE_NAME="__Host-loike_form" if settings.https else "loike_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["loi_ke"] = create_toolbox(settings)
    language.register(app)
    security.register(app)
    app_context.register(app)
    errors.register(app)
    registry.register(app)
    current.register(app)
    after_answer.register(app, app.extensions["loi_ke"].database)
    cli.register(app)
    return app
