"""Server-side sessions of signed-in users.

The cookie holds a random token and the database only its SHA-256, so that a copy of the
database is not enough to sign in.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, delete, select
from sqlalchemy.orm import Session

from archive.db import Database
from archive.models import SignInFailure, SignInSession, User
from archive.models.base import utc_now

SESSION_NAME_LENGTH = 16  # characters of the digest that identify a session on the profile page


SESSION_LIFETIME = timedelta(hours=12)
IDLE_TIMEOUT = timedelta(hours=4)
SEEN_UPDATE_INTERVAL = timedelta(minutes=5)
# A session that expires later was opened while the clock was wrong: it would last for a year.
# A clock that is set back by less ends no session.
_LATEST_EXPIRY = SESSION_LIFETIME + IDLE_TIMEOUT


@dataclass(frozen=True)
class NewSession:
    """A session just opened; the token is sent in the cookie and stored nowhere."""

    user: User
    token: str
    lifetime: timedelta


def open_session(db: Session, user: User) -> NewSession:
    """Open a session for an authenticated user, and delete expired ones."""
    now, token = utc_now(), secrets.token_urlsafe(32)
    db.add(
        SignInSession(
            token_sha256=_sha256(token), user_id=user.id, expires_at=now + SESSION_LIFETIME
        )
    )
    db.execute(delete(SignInSession).where(~_is_current(now)))
    db.flush()
    return NewSession(user, token, SESSION_LIFETIME)


def list_sessions(db: Session, user: User) -> list[SignInSession]:
    """Return the active sessions of an account, the one used last first."""
    now = utc_now()
    return list(
        db.scalars(
            select(SignInSession)
            .where(
                SignInSession.user_id == user.id,
                _is_current(now),
                SignInSession.seen_at.between(now - IDLE_TIMEOUT, now + IDLE_TIMEOUT),
            )
            .order_by(SignInSession.seen_at.desc(), SignInSession.created_at.desc())
        )
    )


def has_token(session: SignInSession, token: str) -> bool:
    """Return whether the token belongs to this session."""
    return session.token_sha256 == _sha256(token)


def end_session(db: Session, user: User, name: str) -> None:
    """End one session of the account, identified by the first characters of its digest."""
    for session in list_sessions(db, user):
        if len(name) >= SESSION_NAME_LENGTH and session.token_sha256.startswith(name):
            db.delete(session)


def end_other_sessions(db: Session, user: User, token: str) -> None:
    """End every session of an account except that of the token."""
    db.execute(
        delete(SignInSession).where(
            SignInSession.user_id == user.id, SignInSession.token_sha256 != _sha256(token)
        )
    )


def sign_out(db: Session, token: str) -> None:
    """End the session of the token; unknown tokens are ignored."""
    db.execute(delete(SignInSession).where(SignInSession.token_sha256 == _sha256(token)))


def sign_out_everywhere(db: Session, user: User) -> None:
    """End every session of an account."""
    db.execute(delete(SignInSession).where(SignInSession.user_id == user.id))


def purge_expired(db: Session) -> int:
    """Delete failures older than an hour and expired sessions; return the number of rows."""
    now = utc_now()
    hour = timedelta(hours=1)
    deleted = 0
    for statement in (
        delete(SignInFailure).where(~SignInFailure.at.between(now - hour, now + hour)),
        delete(SignInSession).where(~_is_current(now)),
    ):
        result = db.execute(statement)
        assert isinstance(result, CursorResult)
        deleted += result.rowcount
    return deleted


def active_session(database: Database, token: str) -> SignInSession | None:
    """Return the session of a token, or None if it has expired, idled or ended.

    Uses a separate transaction, so that the request does not hold a write lock.
    """
    now = utc_now()
    with database.reading() as db:
        session = db.get(SignInSession, _sha256(token))
        if session is None or not now < session.expires_at <= now + _LATEST_EXPIRY:
            return None
        if abs(now - session.seen_at) > IDLE_TIMEOUT:
            return None
        return session if session.user.is_active else None


def needs_seen_update(session: SignInSession) -> bool:
    """Return whether `seen_at` is further from now than SEEN_UPDATE_INTERVAL."""
    return abs(utc_now() - session.seen_at) > SEEN_UPDATE_INTERVAL


def mark_seen(db: Session, token: str) -> None:
    """Set `seen_at` of the session of a token to now, if it still exists."""
    session = db.get(SignInSession, _sha256(token))
    if session is not None:
        session.seen_at = utc_now()


def _is_current(now: datetime) -> ColumnElement[bool]:
    return SignInSession.expires_at.between(now, now + _LATEST_EXPIRY)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
