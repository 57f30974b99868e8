"""Speech: runs of a model over a recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.migrations.columns import INSTANT, JSON, ULID, foreign_key, unique


def create_transcription_runs() -> None:
    """Create `transcription_run`, `transcription_chunk`."""
    op.create_table(
        "transcription_run",
        sa.Column("id", ULID, nullable=False),
        sa.Column("interview_id", ULID, nullable=False),
        sa.Column("recording_id", ULID, nullable=False),
        sa.Column("job_id", ULID, nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.Column("speech_ms", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_transcription_run"),
        foreign_key("transcription_run", "interview_id", "interview", ondelete="CASCADE"),
        foreign_key("transcription_run", "recording_id", "recording", ondelete="CASCADE"),
    )
    op.create_index("ix_transcription_run_identity", "transcription_run", ["identity"])
    op.create_index("ix_transcription_run_interview_id", "transcription_run", ["interview_id"])
    op.create_index("ix_transcription_run_job_id", "transcription_run", ["job_id"])
    op.create_index("ix_transcription_run_recording_id", "transcription_run", ["recording_id"])
    op.create_table(
        "transcription_chunk",
        sa.Column("id", ULID, nullable=False),
        sa.Column("run_id", ULID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("segments", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_transcription_chunk"),
        foreign_key("transcription_chunk", "run_id", "transcription_run", ondelete="CASCADE"),
        unique("transcription_chunk", "run_id", "number"),
    )
    op.create_index("ix_transcription_chunk_run_id", "transcription_chunk", ["run_id"])
