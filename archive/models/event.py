"""Events: one append-only, hash-chained table for audit, PREMIS and fixity."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid, new_id, utc_now
from archive.models.vocabulary import EventKind, EventOutcome


class Event(Base):
    """An action by an actor on a subject, with its outcome.

    `digest` is the SHA-256 over this row and the previous digest: a row changed or deleted
    later breaks the chain. There are no foreign keys from or to events, so that they
    outlive their subjects.
    """

    __tablename__ = "event"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(Ulid, unique=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    actor_id: Mapped[str] = mapped_column(default="")
    actor_name: Mapped[str] = mapped_column(default="")
    kind: Mapped[EventKind] = mapped_column(index=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[str] = mapped_column(index=True)
    interview_id: Mapped[str] = mapped_column(default="", index=True)
    outcome: Mapped[EventOutcome] = mapped_column(default="success")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous_digest: Mapped[str]
    digest: Mapped[str]


class ChainHead(Base):
    """The last digest; its only row is locked while an event is appended."""

    __tablename__ = "event_chain"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]
