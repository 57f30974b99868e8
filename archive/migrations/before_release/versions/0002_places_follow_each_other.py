"""places follow each other"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "place_succession",
        sa.Column("before_id", sa.String(length=26), nullable=False),
        sa.Column("after_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["before_id"],
            ["place.id"],
            ondelete="CASCADE",
            name=op.f("fk_place_succession_before_id_place"),
        ),
        sa.ForeignKeyConstraint(
            ["after_id"],
            ["place.id"],
            ondelete="CASCADE",
            name=op.f("fk_place_succession_after_id_place"),
        ),
        sa.PrimaryKeyConstraint("before_id", "after_id", name=op.f("pk_place_succession")),
    )
    op.create_index(
        op.f("ix_place_succession_after_id"), "place_succession", ["after_id"], unique=False
    )
