"""records of one person are merged, and the merge can be undone"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.migrations.columns import INSTANT, JSON, ULID, foreign_key

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("merged_into_id", ULID, nullable=True))
        batch.create_foreign_key(
            "fk_person_merged_into_id_person",
            "person",
            ["merged_into_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.create_index("ix_person_merged_into_id", "person", ["merged_into_id"])
    op.create_table(
        "person_merge",
        sa.Column("id", ULID, nullable=False),
        sa.Column("from_id", ULID, nullable=False),
        sa.Column("into_id", ULID, nullable=False),
        sa.Column("moved", JSON, nullable=False),
        sa.Column("unlisted", JSON, nullable=False),
        sa.Column("merged_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_person_merge"),
        foreign_key("person_merge", "from_id", "person", ondelete="CASCADE"),
        foreign_key("person_merge", "into_id", "person", ondelete="CASCADE"),
    )
    op.create_index("ix_person_merge_from_id", "person_merge", ["from_id"])
    op.create_index("ix_person_merge_into_id", "person_merge", ["into_id"])
