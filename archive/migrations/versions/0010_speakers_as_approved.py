"""an approved version keeps names and roles of its speakers

Of versions approved before, the present names are kept: earlier ones were not stored.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.migrations.columns import ULID, foreign_key

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_VERSIONS = sa.table(
    "transcript_version", *(sa.column(name) for name in ("id", "interview_id", "state"))
)
_CONTRIBUTIONS = sa.table(
    "contribution",
    *(sa.column(name) for name in ("id", "interview_id", "person_id", "role", "speaker_label")),
)
_PEOPLE = sa.table(
    "person", *(sa.column(name) for name in ("id", "full_name", "given_name", "honorific"))
)


def upgrade() -> None:
    kept = op.create_table(
        "approved_speaker",
        sa.Column("version_id", ULID, nullable=False),
        sa.Column("contribution_id", ULID, nullable=False),
        sa.Column("person_id", ULID, nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("honorific", sa.String(), nullable=False),
        sa.Column("speaker_label", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", "contribution_id", name="pk_approved_speaker"),
        foreign_key("approved_speaker", "version_id", "transcript_version", ondelete="CASCADE"),
        foreign_key("approved_speaker", "contribution_id", "contribution", ondelete="RESTRICT"),
        foreign_key("approved_speaker", "person_id", "person"),
    )
    op.create_index("ix_approved_speaker_contribution_id", "approved_speaker", ["contribution_id"])
    op.create_index("ix_approved_speaker_person_id", "approved_speaker", ["person_id"])
    present = (
        sa.select(
            _VERSIONS.c.id,
            _CONTRIBUTIONS.c.id,
            _PEOPLE.c.id,
            _PEOPLE.c.full_name,
            _PEOPLE.c.given_name,
            _PEOPLE.c.honorific,
            _CONTRIBUTIONS.c.speaker_label,
            _CONTRIBUTIONS.c.role,
        )
        .join_from(
            _VERSIONS, _CONTRIBUTIONS, _CONTRIBUTIONS.c.interview_id == _VERSIONS.c.interview_id
        )
        .join(_PEOPLE, _PEOPLE.c.id == _CONTRIBUTIONS.c.person_id)
        .where(_VERSIONS.c.state == "approved")
    )
    op.execute(sa.insert(kept).from_select(kept.columns.keys(), present))
