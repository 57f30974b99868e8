"""Idempotency keys: a repeated request is executed once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.editing import idempotency
from archive.actions.editing.idempotency import KeyMissing, KeyReused
from archive.models import SavedOperation
from archive.models.base import new_id, utc_now

RightsOf = Callable[[str | None], Rights]
BODY = {"text": "Hồi đó", "segment": "S"}


def test_claim_key_again_returns_stored_response(db: Session, rights_of: RightsOf) -> None:
    cleo, key = rights_of("cleo"), new_id()
    assert idempotency.claim_key(db, cleo, key, BODY) is None
    idempotency.store_response(db, cleo, key, status=200, answer={"rev": 2})
    again = idempotency.claim_key(db, cleo, key, dict(reversed(BODY.items())))
    assert again is not None
    assert (again.status, again.answer) == (200, {"rev": 2})


def test_claim_key_with_other_body_raises_and_keys_are_per_user(
    db: Session, rights_of: RightsOf
) -> None:
    cleo, key = rights_of("cleo"), new_id()
    idempotency.claim_key(db, cleo, key, BODY)
    idempotency.store_response(db, cleo, key, status=200, answer={})
    with pytest.raises(KeyReused):
        idempotency.claim_key(db, cleo, key, {**BODY, "text": "Khác"})
    assert idempotency.claim_key(db, rights_of("rob"), key, BODY) is None


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 65, "with space", "dấu-tiếng-việt", "a\x00bcdefg"]
)
def test_claim_key_invalid_key_raises_key_missing(
    db: Session, rights_of: RightsOf, key: str
) -> None:
    with pytest.raises(KeyMissing):
        idempotency.claim_key(db, rights_of("cleo"), key, BODY)


def test_sweep_deletes_responses_older_than_retention(db: Session, rights_of: RightsOf) -> None:
    cleo, old, young = rights_of("cleo"), new_id(), new_id()
    for key in (old, young):
        idempotency.claim_key(db, cleo, key, BODY)
        idempotency.store_response(db, cleo, key, status=200, answer={})
    db.get_one(SavedOperation, (old, cleo.actor.user_id)).at = (
        utc_now() - idempotency.RESPONSE_RETENTION - timedelta(minutes=1)
    )
    db.flush()
    idempotency.sweep(db)
    db.expire_all()
    assert [row.key for row in db.query(SavedOperation)] == [young]
