"""Bring a database to the present shape, keeping what is in it.

There is no way down. To go back to an older program, put back the database as it was
before the upgrade: of SQLite a copy is laid aside by itself (`archive.db.before-0001`),
of PostgreSQL the office keeps a dump. A revision that took columns away again would
throw away what had been written into them since.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from archive.access import Refused
from archive.db import make_engine

log = logging.getLogger(__name__)
HERE = Path(__file__).parent


class DatabaseNewer(Refused):
    """The database was made by a newer program; this one would not understand it."""

    code = "database_newer"


def configuration(database_url: str) -> Config:
    """Alembic's settings, without a file."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["database_url"] = database_url
    return config


def current_revision(database_url: str) -> str | None:
    """The revision that a database is at; None when it is empty."""
    engine = make_engine(database_url).execution_options(reading=True)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def newest_revision() -> str | None:
    """The revision that this program wants."""
    return ScriptDirectory.from_config(configuration("")).get_current_head()


def revisions() -> list[str]:
    """Every revision that this program knows, from the first to the newest."""
    script = ScriptDirectory.from_config(configuration(""))
    return [found.revision for found in script.walk_revisions()][::-1]


def upgrade(database_url: str) -> bool:
    """Migrate if needed, after a copy of the SQLite file was put aside; True when it did.

    Raises DatabaseNewer, and touches nothing, when this program is too old.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    before = current_revision(database_url)
    if before == newest_revision():
        return False
    if before is not None and before not in revisions():
        raise DatabaseNewer(revision=before, known=newest_revision())
    if before is not None and url.get_backend_name() == "sqlite" and url.database:
        _copy_aside(Path(url.database), before)
    command.upgrade(configuration(database_url), "head")
    return True


def _copy_aside(file: Path, revision: str) -> None:
    aside = file.with_name(f"{file.name}.before-{revision}")
    if aside.exists():
        return
    with sqlite3.connect(file) as database:
        database.execute("VACUUM INTO ?", (str(aside),))
    aside.chmod(0o600)  # as `make_private` makes the first one
    log.info("the database before the migration was kept as %s", aside.name)
