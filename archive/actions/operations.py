"""Requests that may arrive twice: the second one is given the first one's answer.

An editor's browser repeats a save whenever it does not know whether the first one
arrived. The key comes from the browser; a key with another body is refused.
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

from archive.access import Actor, Refused
from archive.models import SavedOperation
from archive.models.base import utc_now

KEPT_FOR = timedelta(days=14)
_KEY = re.compile(r"[0-9A-Za-z_-]{8,64}")


class KeyMissing(Refused):
    """A request that changes text must name itself, or it could be carried out twice."""

    code = "idempotency_key_missing"


class KeyReused(Refused):
    """The same key came with another request."""

    code = "idempotency_key_reused"


def earlier_answer(
    db: Session, actor: Actor, key: str, body: dict[str, Any]
) -> SavedOperation | None:
    """What this very request was answered before; raises KeyMissing or KeyReused.

    When there is no answer yet the key is claimed, so that its twin, sent at the same
    moment, waits for the end of this transaction and is then given this one's answer.
    """
    if not _KEY.fullmatch(key):
        raise KeyMissing
    digest = _digest(body)
    saved = db.get(SavedOperation, (key, actor.user_id))
    if saved is None:
        try:
            with db.begin_nested():
                db.add(SavedOperation(key=key, user_id=actor.user_id, body_sha256=digest, status=0))
        except IntegrityError:
            saved = db.get_one(SavedOperation, (key, actor.user_id), populate_existing=True)
    if saved is not None and saved.body_sha256 != digest:
        raise KeyReused
    return saved


def keep_answer(
    db: Session,
    actor: Actor,
    key: str,
    *,
    status: int,
    answer: dict[str, Any],
) -> None:
    """Remember the answer of a claimed key, in the transaction of what it tells about."""
    claimed = db.get_one(SavedOperation, (key, actor.user_id))
    claimed.status, claimed.answer = status, answer
    db.flush()


def sweep(db: Session) -> None:
    """Forget answers that no browser can still be waiting for."""
    db.execute(delete(SavedOperation).where(SavedOperation.at < utc_now() - KEPT_FOR))


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
