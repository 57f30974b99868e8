"""Sessions: expiry, ending and what is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive.actions.accounts import sessions
from archive.db import Database
from archive.models import SignInFailure, SignInSession
from archive.models.base import utc_now
from tests.support.sign_ins import fail_to_sign_in, sign_in_as, user_of


def test_session_user_after_expiry_or_idle_timeout_is_none(db: Session, database: Database) -> None:
    for changed in (
        {"expires_at": utc_now() - timedelta(seconds=1)},
        {"seen_at": utc_now() - sessions.IDLE_TIMEOUT - timedelta(seconds=1)},
    ):
        token = sign_in_as(db, "cleo")
        db.commit()
        assert sessions.active_session(database, token) is not None
        db.execute(update(SignInSession).values(**changed))
        db.commit()
        assert sessions.active_session(database, token) is None
        assert sessions.list_sessions(db, user_of(db, "cleo")) == []
        db.rollback()


def test_open_session_stores_digest_only(db: Session, database: Database) -> None:
    token = sign_in_as(db, "cleo")
    db.commit()
    stored = db.scalars(select(SignInSession.token_sha256)).one()
    assert token not in stored
    assert sessions.active_session(database, stored) is None
    assert sessions.active_session(database, "") is None


def test_end_session_ends_own_sessions_only(db: Session, database: Database) -> None:
    current, other, rob = sign_in_as(db, "cleo"), sign_in_as(db, "cleo"), sign_in_as(db, "rob")
    db.commit()
    cleo = user_of(db, "cleo")
    digest_of_rob = sessions.list_sessions(db, user_of(db, "rob"))[0].token_sha256
    for name in (digest_of_rob[: sessions.SESSION_NAME_LENGTH], "", digest_of_rob[:3], "%" * 16):
        sessions.end_session(db, cleo, name)
    other_session = next(
        s for s in sessions.list_sessions(db, cleo) if sessions.has_token(s, other)
    )
    sessions.end_session(db, cleo, other_session.token_sha256[: sessions.SESSION_NAME_LENGTH])
    db.commit()
    assert [bool(sessions.active_session(database, t)) for t in (current, other, rob)] == [
        True,
        False,
        True,
    ]


def test_purge_expired_deletes_failures_and_sessions(db: Session) -> None:
    fail_to_sign_in(db, 1)
    sign_in_as(db, "rob")
    assert sessions.purge_expired(db) == 0
    db.execute(update(SignInFailure).values(at=utc_now() - timedelta(hours=2)))
    db.execute(update(SignInSession).values(expires_at=utc_now() - timedelta(seconds=1)))
    assert sessions.purge_expired(db) == 4  # three counters of one failure, and a session


@pytest.mark.parametrize(
    "jump", [timedelta(days=365), -timedelta(days=365)], ids=["stored ahead", "stored behind"]
)
def test_session_of_a_clock_that_was_wrong_has_ended(
    db: Session, database: Database, jump: timedelta
) -> None:
    """A session that was opened a year ahead would last for a year."""
    token = sign_in_as(db, "cleo")
    session = db.scalars(select(SignInSession)).one()
    session.expires_at += jump
    session.seen_at += jump
    db.commit()
    assert sessions.active_session(database, token) is None
    assert sessions.list_sessions(db, user_of(db, "cleo")) == []
    assert sessions.purge_expired(db) == 1


def test_session_survives_a_clock_that_is_set_back_by_an_hour(
    db: Session, database: Database
) -> None:
    token = sign_in_as(db, "cleo")
    session = db.scalars(select(SignInSession)).one()
    session.expires_at += timedelta(hours=1)
    session.seen_at += timedelta(hours=1)
    db.commit()
    active = sessions.active_session(database, token)
    assert active is not None
    assert sessions.needs_seen_update(active)  # else it would be seen an hour ahead for an hour
