"""Alembic's entry point: migrate in the caller's transaction, or in a new one."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, Connection, DateTime, String

from archive.migrations.transaction import migrating
from archive.models import Base


def name_of_type(kind: str, item: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """Return the name in `columns` of a model's type, for generated revisions."""
    if kind != "type":
        return False
    stored = getattr(item, "impl_instance", item)
    if isinstance(stored, JSON):
        name = "JSON"
    elif isinstance(stored, DateTime):
        name = "INSTANT"
    elif isinstance(stored, String) and stored.length == 26:
        name = "ULID"
    elif isinstance(stored, String) and "postgresql" in stored._variant_mapping:
        name = "BYTEWISE"
    else:
        return False
    autogenerate.imports.add(f"from archive.migrations.columns import {name}")
    return name


def migrate(connection: Connection) -> None:
    """Run the migrations on a connection; there is no downgrade and no offline mode."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=name_of_type,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


caller_connection: Connection | None = context.config.attributes["connection"]
if caller_connection is None:
    with migrating(context.config.attributes["database_url"]) as new_connection:
        migrate(new_connection)
else:
    migrate(caller_connection)
