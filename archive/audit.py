"""What happened, and what follows from it: written together, in the transaction of the cause.

`FOLLOW_UPS` answers on one page what happens after anything that happens.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import queue
from archive.access import Actor
from archive.models import ChainHead, Event, Interview, Outbox
from archive.models.base import Base, new_id, utc_now

FIRST_DIGEST = "0" * 64


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """A job that an event calls for; it is given the subject's id and the interview's."""

    kind: str
    lane: str = "light"
    priority: int = 0


_INDEX = FollowUp(kind="index", priority=50)

FOLLOW_UPS: dict[str, tuple[FollowUp, ...]] = {
    "file.received": (
        FollowUp(kind="check_fixity", lane="files", priority=10),
        FollowUp(kind="derive", lane="files", priority=20),
    ),
    "interview.created": (_INDEX,),
    "interview.described": (_INDEX,),
    "person.described": (_INDEX,),
    "transcript.made": (_INDEX,),
    "transcript.imported": (_INDEX,),
    "transcript.opened": (_INDEX,),
    "transcript.edited": (_INDEX,),
    "transcript.approved": (_INDEX,),
}


def record(
    db: Session,
    actor: Actor,
    kind: str,
    subject: Base,
    *,
    interview: Interview | None = None,
    outcome: str = "success",
    **detail: Any,
) -> Event:
    """Add one event, the outbox row and the jobs that follow; flushes, never commits.

    `subject` must have been flushed, so that it has its id.
    """
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
    _chain(db, event)
    for follow_up in FOLLOW_UPS.get(kind, ()):
        _follow(db, actor, follow_up, kind, subject_id, interview_id)
    db.flush()
    return event


def first_broken_link(db: Session) -> int | None:
    """The number of the first event whose digest does not fit, or None when the chain holds.

    -1 when the last events are gone: then every event that is left fits.
    """
    previous = FIRST_DIGEST
    for event in db.scalars(select(Event).order_by(Event.number)).yield_per(1000):
        if event.previous_digest != previous or event.digest != _digest(event):
            return event.number
        previous = event.digest
    head = db.scalar(select(ChainHead.digest).where(ChainHead.id == 1))
    return None if (head or FIRST_DIGEST) == previous else -1


def _follow(
    db: Session, actor: Actor, follow_up: FollowUp, kind: str, subject_id: str, interview_id: str
) -> None:
    if follow_up.kind == "index":
        if interview_id:
            db.add(Outbox(interview_id=interview_id, reason=kind))
        queue.enqueue(
            db, "index", lane=follow_up.lane, priority=follow_up.priority, unique_key="index"
        )
        return
    queue.enqueue(
        db,
        follow_up.kind,
        lane=follow_up.lane,
        priority=follow_up.priority,
        interview_id=interview_id or None,
        unique_key=f"{follow_up.kind}:{subject_id}",
        payload={"subject_id": subject_id},
        requested_by_id=actor.user_id or None,
    )


def _chain(db: Session, event: Event) -> None:
    # Read anew: an earlier transaction of this session may have left an old digest in it.
    head = db.get(ChainHead, 1, with_for_update=True, populate_existing=True)
    if head is None:
        head = _first_head(db)
    event.previous_digest = head.digest
    event.digest = _digest(event)
    head.digest = event.digest
    db.add(event)
    db.flush()


def _first_head(db: Session) -> ChainHead:
    with contextlib.suppress(IntegrityError), db.begin_nested():
        db.add(ChainHead(id=1, digest=FIRST_DIGEST))
        db.flush()
    # Another process may have been the first: then its row is there, and is waited for.
    return db.get_one(ChainHead, 1, with_for_update=True, populate_existing=True)


def _digest(event: Event) -> str:
    told = [
        event.previous_digest,
        event.id,
        event.at.isoformat(timespec="seconds"),
        event.actor_id,
        event.actor_name,
        event.kind,
        event.subject_kind,
        event.subject_id,
        event.interview_id,
        event.outcome,
        _as_stored(event.detail),
    ]
    line = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(line.encode("utf-8")).hexdigest()


def _as_stored(value: Any) -> Any:
    """JSONB keeps a number and forgets how it was written: 1e20 comes back as a whole one."""
    if isinstance(value, dict):
        return {key: _as_stored(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_stored(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(Decimal(repr(value)))  # of the digits as written, not of the binary number
    return value
