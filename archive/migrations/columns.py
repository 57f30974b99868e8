"""Column types and named constraints for revisions.

Frozen: a released revision must always create the same columns. Another type of column gets a
new name here; existing ones are not changed.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

ULID = sa.String(length=26)
INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
# Compared byte by byte on every database: sort keys and positions hold control characters.
BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def foreign_key(
    table: str, column: str, parent: str, *, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    """Return the constraint by which a column refers to the `id` of its parent."""
    name = f"fk_{table}_{column}_{parent}"
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=name, ondelete=ondelete)


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    """Return the constraint that no two rows have the same values in these columns."""
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")
