"""An archive on its first day: migrated, and nobody has an account yet."""

from __future__ import annotations

from sqlalchemy import delete

from archive.db import Database
from archive.models import User
from archive.settings import Settings


def unopened(settings: Settings) -> Settings:
    """Take every account out of the archive of a test."""
    database = Database(settings.database_url)
    with database.writing() as db:
        db.execute(delete(User))
    database.dispose()
    return settings
