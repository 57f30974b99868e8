"""Presence of colleagues in the editor, and its expiry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access import NotAllowed, NotVisible, Rights
from archive.actions.editing import presence, segments
from archive.actions.editing.draft import Draft
from archive.models import Event, Presence
from archive.models.base import new_id
from tests.support import sample_transcript
from tests.support.sample_transcript import Transcribed

RightsOf = Callable[[str | None], Rights]


def age_presence(db: Session, seconds: int) -> None:
    """Move the times of all presence rows into the past."""
    for row in db.query(Presence):
        row.seen_at -= timedelta(seconds=seconds)
        row.acted_at -= timedelta(seconds=seconds)
    db.flush()


def positions(
    db: Session, rights: Rights, transcribed: Transcribed
) -> list[tuple[str, str | None, bool]]:
    return [
        (c.name, c.segment_id, c.is_typing)
        for c in presence.list_colleagues(Draft(db, rights, *transcribed))
    ]


def test_list_colleagues_returns_positions_of_others(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    cleo, rob = rights_of("cleo"), rights_of("rob")
    first, second = transcribed[1].segments[:2]
    presence.record_position(Draft(db, cleo, *transcribed), segment_id=first.id, is_typing=False)
    presence.record_position(Draft(db, rob, *transcribed), segment_id=second.id, is_typing=True)
    assert positions(db, cleo, transcribed) == [(rob.actor.name, second.id, True)]
    assert positions(db, rob, transcribed) == [(cleo.actor.name, first.id, False)]
    presence.record_position(Draft(db, rob, *transcribed), segment_id=None, is_typing=False)
    assert positions(db, cleo, transcribed) == [(rob.actor.name, None, False)]
    assert db.scalar(select(func.count()).select_from(Presence)) == 2


def test_presence_expires_after_thirty_seconds(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    cleo, rob = rights_of("cleo"), rights_of("rob")
    presence.record_position(Draft(db, rob, *transcribed), segment_id=None, is_typing=False)
    age_presence(db, 25)
    assert len(positions(db, cleo, transcribed)) == 1
    age_presence(db, 6)
    assert positions(db, cleo, transcribed) == []
    presence.record_position(Draft(db, cleo, *transcribed), segment_id=None, is_typing=False)
    assert [row.user_id for row in db.query(Presence)] == [cleo.actor.user_id]
    age_presence(db, 31)
    presence.delete_expired(db)
    assert db.query(Presence).all() == []


def test_idle_s_counts_from_last_typing_or_segment_change(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    cleo, rob = rights_of("cleo"), rights_of("rob")
    one, other = (s.id for s in transcribed[1].segments[:2])

    def idle() -> int:
        return presence.list_colleagues(Draft(db, cleo, *transcribed))[0].idle_s

    presence.record_position(Draft(db, rob, *transcribed), segment_id=one, is_typing=False)
    for _ in range(2):
        age_presence(db, 20)
        presence.record_position(Draft(db, rob, *transcribed), segment_id=one, is_typing=False)
    assert idle() >= 40
    presence.record_position(Draft(db, rob, *transcribed), segment_id=other, is_typing=False)
    assert idle() < 20
    age_presence(db, 20)
    presence.record_position(Draft(db, rob, *transcribed), segment_id=other, is_typing=True)
    assert idle() < 20


def test_record_ended_or_unknown_segment_stores_none(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    cleo, rob = rights_of("cleo"), rights_of("rob")
    dropped = transcribed[1].segments[0]
    segments.drop(Draft(db, cleo, *transcribed), dropped, based_on=1, reason="")
    for gone in (dropped.id, new_id()):
        presence.record_position(Draft(db, rob, *transcribed), segment_id=gone, is_typing=True)
        assert positions(db, cleo, transcribed) == [(rob.actor.name, None, True)]


def test_leave_removes_only_the_actor(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    cleo, rob, ada = rights_of("cleo"), rights_of("rob"), rights_of("ada")
    for one in (cleo, rob):
        presence.record_position(Draft(db, one, *transcribed), segment_id=None, is_typing=False)
    presence.leave(Draft(db, rob, *transcribed))
    assert positions(db, ada, transcribed) == [(cleo.actor.name, None, False)]


def test_record_requires_correct_and_list_requires_see_history(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    assert presence.list_colleagues(Draft(db, rights_of("hoa"), *transcribed)) == []
    for name in ("hoa", "sam", None):
        with pytest.raises(NotAllowed):
            presence.record_position(
                Draft(db, rights_of(name), *transcribed), segment_id=None, is_typing=False
            )
    for name in ("sam", None):
        with pytest.raises(NotAllowed):
            presence.list_colleagues(Draft(db, rights_of(name), *transcribed))
    transcribed[0].audience = "staff"
    with pytest.raises(NotVisible):
        presence.list_colleagues(Draft(db, rights_of("sam"), *transcribed))
    sample_transcript.approve(db, *transcribed)
    with pytest.raises(NotAllowed) as refused:
        presence.record_position(
            Draft(db, rights_of("cleo"), *transcribed), segment_id=None, is_typing=False
        )
    assert refused.value.decision.reason == "frozen"


def test_presence_records_no_event_and_no_revision(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    before = db.scalar(select(func.count()).select_from(Event))
    revision = transcribed[1].revision
    presence.record_position(
        Draft(db, rights_of("cleo"), *transcribed), segment_id=None, is_typing=True
    )
    presence.leave(Draft(db, rights_of("cleo"), *transcribed))
    assert db.scalar(select(func.count()).select_from(Event)) == before
    assert (transcribed[1].revision, transcribed[1].state) == (revision, "machine")


def test_presence_of_a_clock_that_was_ahead_has_expired(
    db: Session, transcribed: Transcribed, rights_of: RightsOf
) -> None:
    cleo, rob = rights_of("cleo"), rights_of("rob")
    presence.record_position(Draft(db, rob, *transcribed), segment_id=None, is_typing=True)
    age_presence(db, -365 * 24 * 3600)
    assert positions(db, cleo, transcribed) == []
    presence.delete_expired(db)
    assert db.query(Presence).count() == 0
