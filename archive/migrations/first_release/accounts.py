"""Accounts: who signs in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.migrations.columns import INSTANT, ULID, foreign_key, unique


def create_accounts() -> None:
    """Create `user`, `sign_in_session`, `sign_in_failure`."""
    op.create_table(
        "user",
        sa.Column("id", ULID, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        unique("user", "email"),
    )
    op.create_table(
        "sign_in_session",
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("user_id", ULID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_sign_in_session"),
        foreign_key("sign_in_session", "user_id", "user", ondelete="CASCADE"),
    )
    op.create_index("ix_sign_in_session_user_id", "sign_in_session", ["user_id"])
    op.create_table(
        "sign_in_failure",
        sa.Column("id", ULID, nullable=False),
        sa.Column("key_sha256", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failure"),
    )
    op.create_index("ix_sign_in_failure_at", "sign_in_failure", ["at"])
    op.create_index("ix_sign_in_failure_key_sha256", "sign_in_failure", ["key_sha256"])
