"""The hash chain: every event stores the digest of the previous one."""

from __future__ import annotations

import contextlib
import hashlib
import json
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive.models import ChainHead, Event

FIRST_DIGEST = "0" * 64


def verify_chain(db: Session) -> int | None:
    """Return the number of the first event with a wrong digest, or None if the chain is intact.

    -1 if only the last events are missing.
    """
    previous = FIRST_DIGEST
    for event in db.scalars(select(Event).order_by(Event.number)).yield_per(1000):
        if event.previous_digest != previous or event.digest != digest_of(event):
            return event.number
        previous = event.digest
    head = db.scalar(select(ChainHead.digest).where(ChainHead.id == 1))
    return None if (head or FIRST_DIGEST) == previous else -1


def append(db: Session, event: Event) -> None:
    """Append the event to the chain and flush.

    Locks the head of the chain until the transaction ends.
    """
    # Refresh: the session may hold the digest of an earlier transaction.
    head = db.get(ChainHead, 1, with_for_update=True, populate_existing=True)
    if head is None:
        head = _first_head(db)
    event.previous_digest = head.digest
    event.digest = digest_of(event)
    head.digest = event.digest
    db.add(event)
    db.flush()


def _first_head(db: Session) -> ChainHead:
    with contextlib.suppress(IntegrityError), db.begin_nested():
        db.add(ChainHead(id=1, digest=FIRST_DIGEST))
        db.flush()
    # A concurrent process may have inserted it: then wait for its lock.
    return db.get_one(ChainHead, 1, with_for_update=True, populate_existing=True)


def digest_of(event: Event) -> str:
    """Return the SHA-256 (hex) over the event and the previous digest."""
    fields = [
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
    line = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(line.encode("utf-8")).hexdigest()


def _as_stored(value: Any) -> Any:
    """Return the value as JSONB returns it: 1e20 is read back as an integer."""
    if isinstance(value, dict):
        return {key: _as_stored(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_stored(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(Decimal(repr(value)))  # from the decimal digits, not from the binary value
    return value
