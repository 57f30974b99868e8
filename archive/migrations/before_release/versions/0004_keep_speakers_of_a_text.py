"""keep the speakers and words of a text when a contribution or recording goes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Table, column, the table it refers to, ON DELETE before and after; None refuses at the end of
# the statement, so that an interview can still go with all that belongs to it.
CHANGED: tuple[tuple[str, str, str, str | None, str | None], ...] = (
    ("segment", "contribution_id", "contribution", "SET NULL", "RESTRICT"),
    ("segment", "recording_id", "recording", "CASCADE", "RESTRICT"),
    ("annotation", "recording_id", "recording", "CASCADE", None),
    ("transcript_version", "based_on_id", "transcript_version", "SET NULL", None),
)
REVISION_KEY = "fk_segment_revision_contribution_id_contribution"


def upgrade() -> None:
    op.add_column(
        "contribution", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True)
    )
    for table, column, parent, _before, after in CHANGED:
        name = f"fk_{table}_{column}_{parent}"
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="foreignkey")
            batch.create_foreign_key(name, parent, [column], ["id"], ondelete=after)
    # Until now a description could delete a contribution that only the history still named.
    op.execute(
        "UPDATE segment_revision SET contribution_id = NULL WHERE contribution_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM contribution"
        " WHERE contribution.id = segment_revision.contribution_id)"
    )
    with op.batch_alter_table("segment_revision") as batch:
        batch.alter_column(
            "contribution_id",
            existing_type=sa.String(),
            type_=sa.String(length=26),
            existing_nullable=True,
        )
        batch.create_foreign_key(
            REVISION_KEY, "contribution", ["contribution_id"], ["id"], ondelete="RESTRICT"
        )
