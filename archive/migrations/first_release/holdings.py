"""Holdings: recordings, their files, and uploads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.migrations.columns import INSTANT, JSON, ULID, foreign_key, unique


def create_recordings() -> None:
    """Create `recording`."""
    op.create_table(
        "recording",
        sa.Column("id", ULID, nullable=False),
        sa.Column("interview_id", ULID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("is_video", sa.Boolean(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("recorded_as_written", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recording"),
        foreign_key("recording", "interview_id", "interview", ondelete="CASCADE"),
        unique("recording", "interview_id", "part"),
    )
    op.create_index("ix_recording_interview_id", "recording", ["interview_id"])


def create_media_files() -> None:
    """Create `media_file`."""
    op.create_table(
        "media_file",
        sa.Column("id", ULID, nullable=False),
        sa.Column("interview_id", ULID, nullable=False),
        sa.Column("recording_id", ULID, nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("file_group", sa.String(), nullable=False),
        sa.Column("derived_from_id", ULID, nullable=True),
        sa.Column("recipe", sa.String(), nullable=False),
        sa.Column("recipe_version", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("technical", JSON, nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("received_by_id", ULID, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("checked_at", INSTANT, nullable=True),
        sa.Column("check_state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_media_file"),
        foreign_key("media_file", "derived_from_id", "media_file", ondelete="CASCADE"),
        foreign_key("media_file", "interview_id", "interview", ondelete="CASCADE"),
        foreign_key("media_file", "received_by_id", "user"),
        foreign_key("media_file", "recording_id", "recording", ondelete="CASCADE"),
    )
    op.create_index("ix_media_file_derived", "media_file", ["derived_from_id", "recipe"])
    op.create_index("ix_media_file_interview_id", "media_file", ["interview_id"])
    op.create_index("ix_media_file_recording_id", "media_file", ["recording_id"])
    op.create_index("ix_media_file_sha256", "media_file", ["sha256"])


def create_uploads() -> None:
    """Create `upload`."""
    op.create_table(
        "upload",
        sa.Column("id", ULID, nullable=False),
        sa.Column("interview_id", ULID, nullable=False),
        sa.Column("user_id", ULID, nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("media_file_id", ULID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
        foreign_key("upload", "interview_id", "interview", ondelete="CASCADE"),
        foreign_key("upload", "media_file_id", "media_file", ondelete="SET NULL"),
        foreign_key("upload", "user_id", "user"),
    )
    op.create_index("ix_upload_interview_id", "upload", ["interview_id"])
    op.create_index("ix_upload_user_id", "upload", ["user_id"])
