"""a version keeps why it was approved although it lacked something"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "transcript_version",
        sa.Column("approval_reason", sa.String(), nullable=False, server_default=""),
    )
