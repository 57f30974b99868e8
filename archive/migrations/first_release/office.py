"""The office: settings, jobs, events, and changes that the search index has yet to take."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.migrations.columns import INSTANT, JSON, ULID, foreign_key, unique


def create_settings() -> None:
    """Create `setting`."""
    op.create_table(
        "setting",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_setting"),
    )


def create_jobs() -> None:
    """Create `job`."""
    op.create_table(
        "job",
        sa.Column("id", ULID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("interview_id", ULID, nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("unique_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempts_allowed", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("lease_token", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("lease_until_at", INSTANT, nullable=True),
        sa.Column("run_after_at", INSTANT, nullable=False),
        sa.Column("requested_by_id", ULID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        foreign_key("job", "interview_id", "interview", ondelete="CASCADE"),
        foreign_key("job", "requested_by_id", "user"),
    )
    op.create_index("ix_job_interview_id", "job", ["interview_id"])
    op.create_index("ix_job_kind", "job", ["kind"])
    op.create_index("ix_job_pick", "job", ["lane", "state", "priority", "id"])
    op.create_index(
        "uq_job_queued",
        "job",
        ["unique_key"],
        unique=True,
        sqlite_where=sa.text("state = 'queued' AND unique_key != ''"),
        postgresql_where=sa.text("state = 'queued' AND unique_key != ''"),
    )


def create_events() -> None:
    """Create `event`, `event_chain`."""
    op.create_table(
        "event",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", ULID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("interview_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("previous_digest", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_event"),
        unique("event", "id"),
    )
    op.create_index("ix_event_at", "event", ["at"])
    op.create_index("ix_event_interview_id", "event", ["interview_id"])
    op.create_index("ix_event_kind", "event", ["kind"])
    op.create_index("ix_event_subject_id", "event", ["subject_id"])
    op.create_table(
        "event_chain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_chain"),
    )


def create_outbox() -> None:
    """Create `outbox`."""
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("interview_id", ULID, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
    )
    op.create_index("ix_outbox_interview_id", "outbox", ["interview_id"])
