"""Alembic's entry: its own engine, without foreign keys on SQLite, checked before the commit.

One transaction for everything that is missing: an upgrade that fails changes nothing.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, text

from archive.db import make_engine
from archive.models import Base
from archive.models.base import UtcDateTime

LOCK = 0x10173E  # any number that nobody else locks by


def spelled_plainly(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types into revisions as the plain types that they are stored as."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, JSON):
        return "Json"
    return False


def run() -> None:
    """Upgrade; there is no way down and no offline mode."""
    url = context.config.attributes["database_url"]
    engine = make_engine(url, foreign_keys=False)
    try:
        with engine.connect() as connection:
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_as_batch=True,
                compare_type=True,
                render_item=spelled_plainly,
                transactional_ddl=True,
            )
            with context.begin_transaction():
                if engine.dialect.name == "postgresql":
                    # Two machines started together: the second waits, and finds nothing to do.
                    connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": LOCK})
                context.run_migrations()
                if engine.dialect.name == "sqlite":
                    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                    if broken:
                        raise RuntimeError(
                            f"rows refer to nothing after the migration: {broken[:5]}"
                        )
    finally:
        engine.dispose()


run()
