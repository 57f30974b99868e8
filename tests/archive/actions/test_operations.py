"""A request that arrives twice is carried out once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor
from archive.actions import operations
from archive.actions.operations import KeyMissing, KeyReused
from archive.models import SavedOperation
from archive.models.base import new_id, utc_now

ActorOf = Callable[[str | None], Actor]
BODY = {"text": "Hồi đó", "segment": "S"}


def test_the_first_answer_is_given_again(db: Session, actor_of: ActorOf) -> None:
    cleo, key = actor_of("cleo"), new_id()
    assert operations.earlier_answer(db, cleo, key, BODY) is None
    operations.keep_answer(db, cleo, key, status=200, answer={"rev": 2})
    again = operations.earlier_answer(db, cleo, key, dict(reversed(BODY.items())))
    assert again is not None
    assert (again.status, again.answer) == (200, {"rev": 2})


def test_a_key_stands_for_one_body_and_one_person(db: Session, actor_of: ActorOf) -> None:
    cleo, key = actor_of("cleo"), new_id()
    operations.earlier_answer(db, cleo, key, BODY)
    operations.keep_answer(db, cleo, key, status=200, answer={})
    with pytest.raises(KeyReused):
        operations.earlier_answer(db, cleo, key, {**BODY, "text": "Khác"})
    assert operations.earlier_answer(db, actor_of("rob"), key, BODY) is None


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 65, "with space", "dấu-tiếng-việt", "a\x00bcdefg"]
)
def test_a_request_must_name_itself(db: Session, actor_of: ActorOf, key: str) -> None:
    with pytest.raises(KeyMissing):
        operations.earlier_answer(db, actor_of("cleo"), key, BODY)


def test_what_no_browser_can_wait_for_is_forgotten(db: Session, actor_of: ActorOf) -> None:
    cleo, old, young = actor_of("cleo"), new_id(), new_id()
    for key in (old, young):
        operations.earlier_answer(db, cleo, key, BODY)
        operations.keep_answer(db, cleo, key, status=200, answer={})
    db.get_one(SavedOperation, (old, cleo.user_id)).at = (
        utc_now() - operations.KEPT_FOR - timedelta(minutes=1)
    )
    db.flush()
    operations.sweep(db)
    db.expire_all()
    assert [row.key for row in db.query(SavedOperation)] == [young]
