"""first release"""

from __future__ import annotations

from archive.migrations import first_release

revision = "0005"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    first_release.create_tables()
