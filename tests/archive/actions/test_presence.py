"""Colleagues at the same text: told while they are there, and then forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, NotVisible
from archive.actions import presence, segments
from archive.models import Event, Interview, Presence, TranscriptVersion
from archive.models.base import new_id
from tests import spoken

ActorOf = Callable[[str | None], Actor]
Told = tuple[Interview, TranscriptVersion]


@pytest.fixture
def told(db: Session) -> Told:
    of = spoken.interview(db)
    return of, spoken.version(db, of)


def let_pass(db: Session, seconds: int) -> None:
    """As if everybody's last sign of life were so much older."""
    for row in db.query(Presence):
        row.seen_at -= timedelta(seconds=seconds)
        row.acted_at -= timedelta(seconds=seconds)
    db.flush()


def where(db: Session, actor: Actor, told: Told) -> list[tuple[str, str | None, bool]]:
    return [(c.name, c.segment_id, c.is_typing) for c in presence.others(db, actor, *told)]


def test_each_hears_where_the_others_are(db: Session, told: Told, actor_of: ActorOf) -> None:
    cleo, rob = actor_of("cleo"), actor_of("rob")
    first, second = told[1].segments[:2]
    presence.tell(db, cleo, *told, segment_id=first.id, is_typing=False)
    presence.tell(db, rob, *told, segment_id=second.id, is_typing=True)
    assert where(db, cleo, told) == [(rob.name, second.id, True)]
    assert where(db, rob, told) == [(cleo.name, first.id, False)]
    presence.tell(db, rob, *told, segment_id=None, is_typing=False)
    assert where(db, cleo, told) == [(rob.name, None, False)]
    assert db.scalar(select(func.count()).select_from(Presence)) == 2


def test_whoever_is_silent_for_half_a_minute_is_forgotten(
    db: Session, told: Told, actor_of: ActorOf
) -> None:
    cleo, rob = actor_of("cleo"), actor_of("rob")
    presence.tell(db, rob, *told, segment_id=None, is_typing=False)
    let_pass(db, 25)
    assert len(where(db, cleo, told)) == 1
    let_pass(db, 6)
    assert where(db, cleo, told) == []
    presence.tell(db, cleo, *told, segment_id=None, is_typing=False)
    assert [row.user_id for row in db.query(Presence)] == [cleo.user_id]
    let_pass(db, 31)
    presence.forget(db)
    assert db.query(Presence).all() == []


def test_idle_counts_from_the_last_letter_or_the_last_step(
    db: Session, told: Told, actor_of: ActorOf
) -> None:
    cleo, rob = actor_of("cleo"), actor_of("rob")
    one, other = (s.id for s in told[1].segments[:2])

    def idle() -> int:
        return presence.others(db, cleo, *told)[0].idle_s

    presence.tell(db, rob, *told, segment_id=one, is_typing=False)
    for _ in range(2):
        let_pass(db, 20)
        presence.tell(db, rob, *told, segment_id=one, is_typing=False)
    assert idle() >= 40
    presence.tell(db, rob, *told, segment_id=other, is_typing=False)
    assert idle() < 20
    let_pass(db, 20)
    presence.tell(db, rob, *told, segment_id=other, is_typing=True)
    assert idle() < 20


def test_a_segment_that_is_gone_or_elsewhere_counts_as_none(
    db: Session, told: Told, actor_of: ActorOf
) -> None:
    cleo, rob = actor_of("cleo"), actor_of("rob")
    dropped = told[1].segments[0]
    segments.drop(db, cleo, *told, dropped, based_on=1, reason="")
    foreign = spoken.version(db, spoken.interview(db, "LK-2")).segments[0]
    for gone in (dropped.id, foreign.id, new_id()):
        presence.tell(db, rob, *told, segment_id=gone, is_typing=True)
        assert where(db, cleo, told) == [(rob.name, None, True)]


def test_a_closed_page_takes_one_person_away_at_once(
    db: Session, told: Told, actor_of: ActorOf
) -> None:
    cleo, rob, ada = actor_of("cleo"), actor_of("rob"), actor_of("ada")
    for one in (cleo, rob):
        presence.tell(db, one, *told, segment_id=None, is_typing=False)
    presence.leave(db, rob, *told)
    assert where(db, ada, told) == [(cleo.name, None, False)]


def test_only_who_may_correct_is_there_and_only_who_sees_histories_may_ask(
    db: Session, told: Told, actor_of: ActorOf
) -> None:
    assert presence.others(db, actor_of("hoa"), *told) == []
    for name in ("hoa", "sam", None):
        with pytest.raises(NotAllowed):
            presence.tell(db, actor_of(name), *told, segment_id=None, is_typing=False)
    for name in ("sam", None):
        with pytest.raises(NotAllowed):
            presence.others(db, actor_of(name), *told)
    told[0].audience = "staff"
    with pytest.raises(NotVisible):
        presence.others(db, actor_of("sam"), *told)
    spoken.approve(db, *told)
    with pytest.raises(NotAllowed) as refused:
        presence.tell(db, actor_of("cleo"), *told, segment_id=None, is_typing=False)
    assert refused.value.decision.reason == "frozen"


def test_nothing_about_it_is_recorded(db: Session, told: Told, actor_of: ActorOf) -> None:
    before = db.scalar(select(func.count()).select_from(Event))
    revision = told[1].revision
    presence.tell(db, actor_of("cleo"), *told, segment_id=None, is_typing=True)
    presence.leave(db, actor_of("cleo"), *told)
    assert db.scalar(select(func.count()).select_from(Event)) == before
    assert (told[1].revision, told[1].state) == (revision, "machine")
