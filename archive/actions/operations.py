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
    """What this very request was answered before; raises KeyMissing or KeyReused."""
    if not _KEY.fullmatch(key):
        raise KeyMissing
    saved = db.get(SavedOperation, (key, actor.user_id), with_for_update=True)
    if saved is not None and saved.body_sha256 != _digest(body):
        raise KeyReused
    return saved


def keep_answer(
    db: Session,
    actor: Actor,
    key: str,
    body: dict[str, Any],
    *,
    status: int,
    answer: dict[str, Any],
) -> None:
    """Remember an answer in the transaction of what it tells about."""
    db.add(
        SavedOperation(
            key=key, user_id=actor.user_id, body_sha256=_digest(body),
            status=status, answer=answer,
        )
    )  # fmt: skip
    db.flush()


def sweep(db: Session) -> None:
    """Forget answers that no browser can still be waiting for."""
    db.execute(delete(SavedOperation).where(SavedOperation.at < utc_now() - KEPT_FOR))


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
