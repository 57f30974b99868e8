"""The job table: background work and its state."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid, new_id, utc_now
from archive.models.vocabulary import JobState, Lane


class Job(Base):
    """A background job. Only the holder of `lease_token` may write to a running one.

    `waiting` jobs need an external change first (a model file is missing) and are retried
    automatically. `attempts` counts runs that ended by an error of the job itself,
    `interruptions` those that a kill or a lost database ended since the last progress; after
    too many of them a `waiting` job is no longer retried automatically. `unique_key` allows
    one queued job per key. `message` is the code of the stage; `problem` is the code of the
    error, with its facts in `detail`.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_pick", "lane", "state", "priority", "id"),
        Index(
            "uq_job_queued",
            "unique_key",
            unique=True,
            sqlite_where=text("state = 'queued' AND unique_key != ''"),
            postgresql_where=text("state = 'queued' AND unique_key != ''"),
        ),
    )

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(index=True)
    lane: Mapped[Lane] = mapped_column(default="light")
    interview_id: Mapped[str | None] = mapped_column(
        ForeignKey("interview.id", ondelete="CASCADE"), index=True
    )
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unique_key: Mapped[str] = mapped_column(default="")
    state: Mapped[JobState] = mapped_column(default="queued")
    priority: Mapped[int] = mapped_column(default=0)
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(default="")
    problem: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    attempts_allowed: Mapped[int] = mapped_column(default=5)
    interruptions: Mapped[int] = mapped_column(default=0)
    furthest_progress: Mapped[float] = mapped_column(default=0.0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    lease_token: Mapped[str] = mapped_column(default="")
    worker: Mapped[str] = mapped_column(default="")
    lease_until_at: Mapped[datetime | None]
    run_after_at: Mapped[datetime] = mapped_column(default=utc_now)
    requested_by_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
