"""The catalogue: collections, people, places, interviews, index points."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.migrations.columns import BYTEWISE, INSTANT, JSON, ULID, foreign_key, unique


def create_collections() -> None:
    """Create `collection`."""
    op.create_table(
        "collection",
        sa.Column("id", ULID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_collection"),
        unique("collection", "code"),
    )


def create_people() -> None:
    """Create `person`, `person_name`."""
    op.create_table(
        "person",
        sa.Column("id", ULID, nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=False),
        sa.Column("middle_name", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("sort_key", BYTEWISE, nullable=False),
        sa.Column("honorific", sa.String(), nullable=False),
        sa.Column("born_as_told", sa.String(), nullable=False),
        sa.Column("born_edtf", sa.String(), nullable=False),
        sa.Column("native_place", sa.String(), nullable=False),
        sa.Column("occupation", sa.String(), nullable=False),
        sa.Column("biography", sa.String(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
    )
    op.create_index("ix_person_sort_key", "person", ["sort_key"])
    op.create_table(
        "person_name",
        sa.Column("id", ULID, nullable=False),
        sa.Column("person_id", ULID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person_name"),
        foreign_key("person_name", "person_id", "person", ondelete="CASCADE"),
    )
    op.create_index("ix_person_name_person_id", "person_name", ["person_id"])


def create_places() -> None:
    """Create `place`, `place_succession`."""
    op.create_table(
        "place",
        sa.Column("id", ULID, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("other_names", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("valid_from", sa.String(), nullable=False),
        sa.Column("valid_to", sa.String(), nullable=False),
        sa.Column("within_id", ULID, nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_place"),
        foreign_key("place", "within_id", "place"),
        unique("place", "code"),
    )
    op.create_index("ix_place_within_id", "place", ["within_id"])
    op.create_table(
        "place_succession",
        sa.Column("before_id", ULID, nullable=False),
        sa.Column("after_id", ULID, nullable=False),
        sa.PrimaryKeyConstraint("before_id", "after_id", name="pk_place_succession"),
        foreign_key("place_succession", "after_id", "place", ondelete="CASCADE"),
        foreign_key("place_succession", "before_id", "place", ondelete="CASCADE"),
    )
    op.create_index("ix_place_succession_after_id", "place_succession", ["after_id"])


def create_interviews() -> None:
    """Create `interview`, `contribution`."""
    op.create_table(
        "interview",
        sa.Column("id", ULID, nullable=False),
        sa.Column("accession", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("collection_id", ULID, nullable=True),
        sa.Column("languages", JSON, nullable=False),
        sa.Column("held_as_told", sa.String(), nullable=False),
        sa.Column("held_edtf", sa.String(), nullable=False),
        sa.Column("held_earliest_on", sa.Date(), nullable=True),
        sa.Column("held_latest_on", sa.Date(), nullable=True),
        sa.Column("told_from_year", sa.Integer(), nullable=True),
        sa.Column("told_to_year", sa.Integer(), nullable=True),
        sa.Column("place_as_told", sa.String(), nullable=False),
        sa.Column("place_id", ULID, nullable=True),
        sa.Column("abstract", sa.String(), nullable=False),
        sa.Column("keywords", JSON, nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("created_by_id", ULID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_interview"),
        foreign_key("interview", "collection_id", "collection"),
        foreign_key("interview", "created_by_id", "user"),
        foreign_key("interview", "place_id", "place"),
        unique("interview", "accession"),
    )
    op.create_index("ix_interview_audience", "interview", ["audience"])
    op.create_index("ix_interview_collection_id", "interview", ["collection_id"])
    op.create_index("ix_interview_created_at", "interview", ["created_at"])
    op.create_index("ix_interview_created_by_id", "interview", ["created_by_id"])
    op.create_index("ix_interview_is_sample", "interview", ["is_sample"])
    op.create_index("ix_interview_place_id", "interview", ["place_id"])
    op.create_table(
        "contribution",
        sa.Column("id", ULID, nullable=False),
        sa.Column("interview_id", ULID, nullable=False),
        sa.Column("person_id", ULID, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("speaker_label", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_contribution"),
        foreign_key("contribution", "interview_id", "interview", ondelete="CASCADE"),
        foreign_key("contribution", "person_id", "person"),
        unique("contribution", "interview_id", "person_id", "role"),
    )
    op.create_index("ix_contribution_interview_id", "contribution", ["interview_id"])
    op.create_index("ix_contribution_person_id", "contribution", ["person_id"])


def create_index_points() -> None:
    """Create `annotation`."""
    op.create_table(
        "annotation",
        sa.Column("id", ULID, nullable=False),
        sa.Column("interview_id", ULID, nullable=False),
        sa.Column("recording_id", ULID, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("author_id", ULID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_annotation"),
        foreign_key("annotation", "author_id", "user"),
        foreign_key("annotation", "interview_id", "interview", ondelete="CASCADE"),
        foreign_key("annotation", "recording_id", "recording"),
    )
    op.create_index("ix_annotation_interview_id", "annotation", ["interview_id"])
