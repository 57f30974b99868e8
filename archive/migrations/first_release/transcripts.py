"""Transcripts, and what their editor keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.migrations.columns import BYTEWISE, INSTANT, JSON, ULID, foreign_key, unique


def create_transcript_versions() -> None:
    """Create `transcript_version`."""
    op.create_table(
        "transcript_version",
        sa.Column("id", ULID, nullable=False),
        sa.Column("interview_id", ULID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("based_on_id", ULID, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("model_sha256", sa.String(), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("author_id", ULID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("approved_at", INSTANT, nullable=True),
        sa.Column("approved_by_id", ULID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_transcript_version"),
        foreign_key("transcript_version", "approved_by_id", "user"),
        foreign_key("transcript_version", "author_id", "user"),
        foreign_key("transcript_version", "based_on_id", "transcript_version"),
        foreign_key("transcript_version", "interview_id", "interview", ondelete="CASCADE"),
        unique("transcript_version", "interview_id", "number"),
    )
    op.create_index("ix_transcript_version_interview_id", "transcript_version", ["interview_id"])


def create_segments() -> None:
    """Create `segment`, `segment_revision`."""
    op.create_table(
        "segment",
        sa.Column("id", ULID, nullable=False),
        sa.Column("version_id", ULID, nullable=False),
        sa.Column("recording_id", ULID, nullable=True),
        sa.Column("position", BYTEWISE, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("contribution_id", ULID, nullable=True),
        sa.Column("speaker_label", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("flags", JSON, nullable=False),
        sa.Column("changed_in", sa.Integer(), nullable=False),
        sa.Column("updated_by_id", ULID, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("replaced_by", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_segment"),
        foreign_key("segment", "contribution_id", "contribution", ondelete="RESTRICT"),
        foreign_key("segment", "recording_id", "recording", ondelete="RESTRICT"),
        foreign_key("segment", "updated_by_id", "user"),
        foreign_key("segment", "version_id", "transcript_version", ondelete="CASCADE"),
    )
    op.create_index("ix_segment_reading", "segment", ["version_id", "position"])
    op.create_index("ix_segment_recording_id", "segment", ["recording_id"])
    op.create_index("ix_segment_version_id", "segment", ["version_id"])
    op.create_table(
        "segment_revision",
        sa.Column("id", ULID, nullable=False),
        sa.Column("segment_id", ULID, nullable=False),
        sa.Column("version_id", ULID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("contribution_id", ULID, nullable=True),
        sa.Column("speaker_label", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("flags", JSON, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author_id", ULID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_segment_revision"),
        foreign_key("segment_revision", "author_id", "user"),
        foreign_key("segment_revision", "contribution_id", "contribution", ondelete="RESTRICT"),
        foreign_key("segment_revision", "segment_id", "segment", ondelete="CASCADE"),
        foreign_key("segment_revision", "version_id", "transcript_version", ondelete="CASCADE"),
        unique("segment_revision", "segment_id", "revision"),
    )
    op.create_index("ix_segment_revision_version_id", "segment_revision", ["version_id"])


def create_editing() -> None:
    """Create `segment_draft`, `presence`, `saved_operation`."""
    op.create_table(
        "segment_draft",
        sa.Column("id", ULID, nullable=False),
        sa.Column("segment_id", ULID, nullable=False),
        sa.Column("based_on_revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("author_id", ULID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_segment_draft"),
        foreign_key("segment_draft", "author_id", "user"),
        foreign_key("segment_draft", "segment_id", "segment", ondelete="CASCADE"),
    )
    op.create_index("ix_segment_draft_segment_id", "segment_draft", ["segment_id"])
    op.create_table(
        "presence",
        sa.Column("version_id", ULID, nullable=False),
        sa.Column("user_id", ULID, nullable=False),
        sa.Column("segment_id", ULID, nullable=True),
        sa.Column("is_typing", sa.Boolean(), nullable=False),
        sa.Column("acted_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("version_id", "user_id", name="pk_presence"),
        foreign_key("presence", "user_id", "user", ondelete="CASCADE"),
        foreign_key("presence", "version_id", "transcript_version", ondelete="CASCADE"),
    )
    op.create_index("ix_presence_seen_at", "presence", ["seen_at"])
    op.create_index("ix_presence_user_id", "presence", ["user_id"])
    op.create_table(
        "saved_operation",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("user_id", ULID, nullable=False),
        sa.Column("body_sha256", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", "user_id", name="pk_saved_operation"),
        foreign_key("saved_operation", "user_id", "user", ondelete="CASCADE"),
    )
    op.create_index("ix_saved_operation_at", "saved_operation", ["at"])
