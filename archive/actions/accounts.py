"""Accounts and sign-in: argon2id, server-side sessions that can be revoked, a rate limit.

The cookie holds a random token; the database only its SHA-256, so that a copy of the
database signs nobody in.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Actor, Refused
from archive.actions import guessing
from archive.actions.guessing import RateLimited as RateLimited
from archive.db import Database
from archive.models import SignInFailure, SignInSession, User
from archive.models.base import utc_now
from archive.models.user import ROLES
from archive.settings import Settings

LANGUAGES = ("vi", "en")
SESSION_NAME = 16  # characters of a session's digest that name it on its owner's page
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024
SESSION_LIFE = timedelta(hours=12)
IDLE_LIFE = timedelta(hours=4)
SEEN_EVERY = timedelta(minutes=5)

_hasher = PasswordHasher()
# Verified when the account does not exist, so that both answers take the same time.
_NOBODY = _hasher.hash(secrets.token_hex(16))


class EmailTaken(Refused):
    """An account with this address exists."""

    code = "email_taken"


class EmailRefused(Refused):
    """Not an address that a person could be told."""

    code = "email_refused"


class PasswordTooShort(Refused):
    """`shortest` is the least number of characters."""

    code = "password_too_short"


class PasswordTooLong(Refused):
    """`longest` is the greatest number of characters; nothing is ever cut off."""

    code = "password_too_long"


class WrongPassword(Refused):
    """Not the present password of the account that is signed in."""

    code = "wrong_password"


class UnknownLanguage(Refused):
    """`language` is none that pages are written in."""

    code = "unknown_language"


class UnknownRole(Refused):
    """`role` is none of the roles of this archive."""

    code = "unknown_role"


class NameMissing(Refused):
    """An account needs the name that history will show."""

    code = "name_missing"


class WrongSignIn(Refused):
    """Address and password do not belong together; never says which of the two."""

    code = "wrong_sign_in"


class LastAdministrator(Refused):
    """Without this account nobody could open another one."""

    code = "last_administrator"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What came of holding a password against an account's, before anything is locked.

    argon2 takes its time on purpose, and SQLite has one writer. `stored` is the hash that
    it belongs to, None when it is wrong; `renewed` is set when that hash has grown weak.
    """

    email: str
    address: str
    stored: str | None
    renewed: str | None


@dataclass(frozen=True)
class SignedIn:
    """A new session: the token goes into the cookie and is never shown again."""

    user: User
    token: str
    life: timedelta


def add(
    db: Session, actor: Actor, *, email: str, name: str, role: str, password: str,
    is_sample: bool = False,
) -> User:  # fmt: skip
    """Open an account."""
    access.require(actor, "manage_accounts")
    email = _told(email)
    if not _is_address(email):
        raise EmailRefused(email=email[:80])
    if not name.strip():
        raise NameMissing
    if role not in ROLES:
        raise UnknownRole(role=role)
    if db.scalar(select(User.id).where(User.email == email)):
        raise EmailTaken(email=email)
    user = User(
        email=email, name=name.strip(), role=role, password_hash=_hash(password),
        is_sample=is_sample,
    )  # fmt: skip
    db.add(user)
    db.flush()
    audit.record(db, actor, "account.opened", user, role=role)
    return user


def change(db: Session, actor: Actor, user: User, *, name: str, role: str, is_active: bool) -> None:
    """Change what an account may do; closing it signs it out everywhere at once."""
    access.require(actor, "manage_accounts")
    if role not in ROLES:
        raise UnknownRole(role=role)
    if not name.strip():
        raise NameMissing
    if user.role == "administrator" and (role != "administrator" or not is_active):
        others = select(func.count()).where(
            User.role == "administrator", User.is_active.is_(True), User.id != user.id
        )
        if not db.scalar(others):
            raise LastAdministrator
    user.name, user.role, user.is_active = name.strip(), role, is_active
    if not is_active:
        sign_out_everywhere(db, user)
    audit.record(db, actor, "account.changed", user, role=role, active=is_active)


def set_password(db: Session, actor: Actor, user: User, password: str) -> None:
    """A new password ends every session of the account."""
    if actor.user_id != user.id:
        access.require(actor, "manage_accounts")
    user.password_hash = _hash(password)
    sign_out_everywhere(db, user)
    audit.record(db, actor, "account.password_set", user)


def describe_self(db: Session, actor: Actor, user: User, *, name: str, language: str) -> None:
    """Change one's own name and the language of one's pages; empty leaves it to the browser."""
    _require_self(actor, user)
    if not name.strip():
        raise NameMissing
    if language not in ("", *LANGUAGES):
        raise UnknownLanguage(language=language)
    user.name, user.language = name.strip(), language
    audit.record(db, actor, "account.described", user)


def change_own_password(
    db: Session, actor: Actor, user: User, *, present: str, new: str, token: str, address: str
) -> None:
    """Needs the present password, and ends every session but the one behind `token`.

    Raises WrongPassword or RateLimited, whose traces the caller must commit.
    """
    _require_self(actor, user)
    tries = guessing.Tries(db, email=user.email, address=address)
    tries.stop_guessing()
    if not _matches(user.password_hash, present):
        tries.note_failure()
        raise WrongPassword
    user.password_hash = _hash(new)
    end_other_sessions(db, user, token)
    audit.record(db, actor, "account.password_set", user)


def prove(db: Session, *, email: str, password: str, address: str) -> Proof:
    """Hold a password against the account's, in a reading session; raises RateLimited."""
    email = _told(email)
    guessing.Tries(db, email=email, address=address).stop_guessing()
    stored = db.scalar(select(User.password_hash).where(User.email == email, User.is_active))
    is_right = _matches(stored or _NOBODY, password) and stored is not None
    is_old = is_right and _hasher.check_needs_rehash(stored or "")
    return Proof(
        email=email, address=address, stored=stored if is_right else None,
        renewed=_hasher.hash(_bytes(password)) if is_old else None,
    )  # fmt: skip


def sign_in(db: Session, proof: Proof) -> SignedIn:
    """Open a session; raises WrongSignIn or RateLimited, whose traces the caller must commit."""
    tries = guessing.Tries(db, email=proof.email, address=proof.address)
    tries.stop_guessing()
    user = db.scalar(select(User).where(User.email == proof.email, User.is_active.is_(True)))
    if user is None or user.password_hash != proof.stored:
        tries.note_failure()
        raise WrongSignIn
    user.password_hash = proof.renewed or user.password_hash
    tries.forget()
    return open_session(db, user)


def open_session(db: Session, user: User) -> SignedIn:
    """For somebody who has just shown who they are."""
    now, token = utc_now(), secrets.token_urlsafe(32)
    db.add(
        SignInSession(token_sha256=_sha256(token), user_id=user.id, expires_at=now + SESSION_LIFE)
    )
    db.execute(delete(SignInSession).where(SignInSession.expires_at < now))
    db.flush()
    return SignedIn(user, token, SESSION_LIFE)


def sessions(db: Session, user: User) -> list[SignInSession]:
    """The browsers in which this account is signed in, the one used last first."""
    now = utc_now()
    return list(
        db.scalars(
            select(SignInSession)
            .where(
                SignInSession.user_id == user.id, SignInSession.expires_at > now,
                SignInSession.seen_at > now - IDLE_LIFE,
            )
            .order_by(SignInSession.seen_at.desc(), SignInSession.created_at.desc())
        )
    )  # fmt: skip


def is_behind(session: SignInSession, token: str) -> bool:
    """Whether this is the session that the token opened."""
    return session.token_sha256 == _sha256(token)


def end_session(db: Session, user: User, name: str) -> None:
    """End one of the account's own sessions, named by the beginning of its digest."""
    for session in sessions(db, user):
        if len(name) >= SESSION_NAME and session.token_sha256.startswith(name):
            db.delete(session)


def end_other_sessions(db: Session, user: User, token: str) -> None:
    """End every session of an account but the one behind the token."""
    db.execute(
        delete(SignInSession).where(
            SignInSession.user_id == user.id, SignInSession.token_sha256 != _sha256(token)
        )
    )


def sign_out(db: Session, token: str) -> None:
    """End this session; unknown tokens are none of our business."""
    db.execute(delete(SignInSession).where(SignInSession.token_sha256 == _sha256(token)))


def sign_out_everywhere(db: Session, user: User) -> None:
    """End every session of an account."""
    db.execute(delete(SignInSession).where(SignInSession.user_id == user.id))


def forget_old(db: Session) -> int:
    """Sweep traces of failed sign-ins after an hour, and sessions that ended; how many."""
    now = utc_now()
    swept = 0
    for statement in (
        delete(SignInFailure).where(SignInFailure.at < now - timedelta(hours=1)),
        delete(SignInSession).where(SignInSession.expires_at < now),
    ):
        result = db.execute(statement)
        assert isinstance(result, CursorResult)
        swept += result.rowcount
    return swept


def recognise(database: Database, token: str) -> User | None:
    """The account behind a token, or None when the session ended, idled or was revoked.

    Uses transactions of its own, so that it never holds the request's write lock.
    """
    now = utc_now()
    with database.reading() as db:
        session = db.get(SignInSession, _sha256(token))
        if session is None or session.expires_at <= now or session.seen_at < now - IDLE_LIFE:
            return None
        user = session.user
        if not user.is_active:
            return None
        is_stale = session.seen_at < now - SEEN_EVERY
    if is_stale:
        with database.writing() as db:
            seen = db.get(SignInSession, _sha256(token))
            if seen is not None:
                seen.seen_at = now
    return user


def actor_of(user: User, settings: Settings) -> Actor:
    """The actor of an account under this archive's settings."""
    return access.of_user(user, settings.public_states)


def by_email(db: Session, email: str) -> User | None:
    """The account with this address."""
    return db.scalar(select(User).where(User.email == _told(email)))


def listed(db: Session, actor: Actor) -> list[User]:
    """Every account, the active ones first."""
    access.require(actor, "manage_accounts")
    return list(db.scalars(select(User).order_by(User.is_active.desc(), User.email)))


def is_empty(db: Session) -> bool:
    """Whether nobody has an account yet: only then is the first-run page open."""
    return db.scalar(select(User.id).limit(1)) is None


def _require_self(actor: Actor, user: User) -> None:
    if not actor.user_id or actor.user_id != user.id:
        raise access.NotVisible


def _hash(password: str) -> str:
    told = unicodedata.normalize("NFC", password)
    if len(told) < SHORTEST_PASSWORD or not told.strip():
        raise PasswordTooShort(shortest=SHORTEST_PASSWORD)
    if len(told) > LONGEST_PASSWORD:
        raise PasswordTooLong(longest=LONGEST_PASSWORD)
    return _hasher.hash(_bytes(password))


def _matches(stored: str, password: str) -> bool:
    if len(password) > 4 * LONGEST_PASSWORD:
        return False
    try:
        return _hasher.verify(stored, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    """The same bytes whether ế was typed as one character or as three."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _told(email: str) -> str:
    return unicodedata.normalize("NFC", email).strip().casefold()


def _is_address(email: str) -> bool:
    name, at, host = email.rpartition("@")
    return (
        bool(name and at and host)
        and len(email) <= 254
        and not any(c.isspace() or not c.isprintable() for c in email)
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
