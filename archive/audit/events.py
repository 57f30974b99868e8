"""Record an event, its chain link and its follow-up jobs in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from archive.access import Actor
from archive.audit import chain, details, follow_ups
from archive.models import Event, Interview
from archive.models.base import Base, new_id, utc_now
from archive.models.vocabulary import EventKind, EventOutcome


def record(
    db: Session,
    actor: Actor,
    kind: EventKind,
    subject: Base,
    *,
    interview: Interview | None = None,
    outcome: EventOutcome = "success",
    **detail: Any,
) -> Event:
    """Store an event, its outbox row and its follow-up jobs; flushes, never commits.

    `subject` must have been flushed, so that it has an id. Raises UnfitDetail.
    """
    details.require_fitting(kind, detail)
    subject_id = str(getattr(subject, "id", ""))
    owner = interview if interview is not None else subject
    interview_id = owner.id if isinstance(owner, Interview) else ""
    event = Event(
        id=new_id(),
        at=utc_now(),
        actor_id=actor.user_id,
        actor_name=actor.name,
        kind=kind,
        subject_kind=subject.__tablename__,
        subject_id=subject_id,
        interview_id=interview_id,
        outcome=outcome,
        detail=detail,
    )
    chain.append(db, event)
    for follow_up in follow_ups.FOLLOW_UPS.get(kind, ()):
        follow_up(db, event)
    db.flush()
    return event
