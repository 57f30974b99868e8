"""Copy an SQLite database before a migration."""

from __future__ import annotations

import itertools
import logging
import secrets
from pathlib import Path

from sqlalchemy import URL, NullPool, create_engine

from archive.db import make_private

log = logging.getLogger(__name__)


def copy_before_migration(file: Path, revision: str) -> Path:
    """Copy the database to `archive.db.before-0003` and return that path.

    An older copy is kept; the new one then ends in `-2`. Call it under the lock of the
    migration, so that nothing changes between the copy and the migration.
    """
    copy = _free_name(file, revision)
    # SQLite would create the copy with the permissions of the umask, but accepts an empty file.
    # The copy is renamed last, so that an incomplete copy never has the final name.
    unfinished = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}.new")
    make_private(unfinished)
    engine = create_engine(
        URL.create("sqlite", database=str(file)), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(unfinished),))
        unfinished.replace(copy)
    finally:
        unfinished.unlink(missing_ok=True)
    log.info("the database before the migration was kept as %s", copy.name)
    return copy


def _free_name(file: Path, revision: str) -> Path:
    first = file.with_name(f"{file.name}.before-{revision}")
    others = (first.with_name(f"{first.name}-{number}") for number in itertools.count(2))
    return next(path for path in itertools.chain((first,), others) if not path.exists())
