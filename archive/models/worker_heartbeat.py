"""Workers that run, or died."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base


class WorkerHeartbeat(Base):
    """One row per worker process, renewed while it runs and deleted when it ends in order.

    `name` is host and process id. A row without renewal, or with a `problem`, belongs to a
    worker that died; `problem` is how it ended, as `flask serve` found it.
    """

    __tablename__ = "worker_heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(default="")
