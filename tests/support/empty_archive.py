"""Archive before the first run: migrated, without accounts."""

from __future__ import annotations

from sqlalchemy import delete

from archive.db import Database
from archive.models import User
from archive.settings import Settings


def delete_accounts(settings: Settings) -> Settings:
    """Delete all accounts of the archive of a test."""
    database = Database(settings.database_url)
    with database.writing() as db:
        db.execute(delete(User))
    database.dispose()
    return settings
