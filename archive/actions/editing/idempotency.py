"""Idempotency keys: a repeated request gets the stored response of the first.

The editor repeats a save if it does not know whether the first one arrived. The browser
makes the key; a key with another body is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive.access import Refused, Rights
from archive.models import SavedOperation
from archive.models.base import utc_now

RESPONSE_RETENTION = timedelta(days=14)
_KEY = re.compile(r"[0-9A-Za-z_-]{8,64}")


class KeyMissing(Refused):
    """Raised for writing requests without a valid idempotency key."""

    code = "idempotency_key_missing"


class KeyReused(Refused):
    """Raised if the key was used for another request."""

    code = "idempotency_key_reused"


def claim_key(db: Session, rights: Rights, key: str, body: dict[str, Any]) -> SavedOperation | None:
    """Return the stored response for a key, or claim the key; raises KeyMissing or KeyReused.

    A concurrent request with the same key waits for the end of this transaction and then
    gets its response.
    """
    if not _KEY.fullmatch(key):
        raise KeyMissing
    digest = _digest(body)
    saved = db.get(SavedOperation, (key, rights.actor.user_id))
    if saved is None:
        try:
            with db.begin_nested():
                db.add(
                    SavedOperation(
                        key=key, user_id=rights.actor.user_id, body_sha256=digest, status=0
                    )
                )
        except IntegrityError:
            saved = db.get_one(SavedOperation, (key, rights.actor.user_id), populate_existing=True)
    if saved is not None and saved.body_sha256 != digest:
        raise KeyReused
    return saved


def store_response(
    db: Session,
    rights: Rights,
    key: str,
    *,
    status: int,
    answer: dict[str, Any],
) -> None:
    """Store the response of a claimed key, in the same transaction as the change."""
    claimed = db.get_one(SavedOperation, (key, rights.actor.user_id))
    claimed.status, claimed.answer = status, answer
    db.flush()


def sweep(db: Session) -> None:
    """Delete responses older than RESPONSE_RETENTION, or that far ahead of the clock."""
    now = utc_now()
    kept = SavedOperation.at.between(now - RESPONSE_RETENTION, now + RESPONSE_RETENTION)
    db.execute(delete(SavedOperation).where(~kept))


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
