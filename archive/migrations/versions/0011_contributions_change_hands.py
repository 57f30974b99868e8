"""a person may take over a contribution, beside one of their own in the same role"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contribution") as batch:
        batch.drop_constraint("uq_contribution_interview_id_person_id_role", type_="unique")
