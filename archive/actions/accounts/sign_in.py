"""Sign-in: an e-mail address and a password, with a limit on failures."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import Refused
from archive.actions.accounts import passwords, rate_limit
from archive.actions.accounts.accounts import normal_email
from archive.actions.accounts.sessions import NewSession, open_session
from archive.models import User


class WrongSignIn(Refused):
    """E-mail address and password do not match; does not reveal which is wrong."""

    code = "wrong_sign_in"


@dataclass(frozen=True, kw_only=True)
class PasswordCheck:
    """The result of a password check, made before the write transaction begins.

    argon2 is slow by design, and SQLite has one writer. `stored_hash` is the hash that
    matched, else None; `upgraded_hash` is set if that one has outdated parameters.
    """

    email: str
    address: str
    stored_hash: str | None
    upgraded_hash: str | None


def verify_password(db: Session, *, email: str, password: str, address: str) -> PasswordCheck:
    """Check a password in a reading session; raises RateLimited."""
    email = normal_email(email)
    rate_limit.SignInAttempts(db, email=email, address=address).check()
    stored_hash = db.scalar(select(User.password_hash).where(User.email == email, User.is_active))
    matches = passwords.verify(stored_hash or passwords.DUMMY_HASH, password)
    accepted_hash = stored_hash if matches else None
    return PasswordCheck(
        email=email,
        address=address,
        stored_hash=accepted_hash,
        upgraded_hash=passwords.upgraded_hash(accepted_hash, password) if accepted_hash else None,
    )


def sign_in(db: Session, check: PasswordCheck) -> NewSession:
    """Open a session; on WrongSignIn or RateLimited the caller must commit the failure."""
    attempts = rate_limit.SignInAttempts(db, email=check.email, address=check.address)
    attempts.check()
    user = db.scalar(select(User).where(User.email == check.email, User.is_active.is_(True)))
    if user is None or user.password_hash != check.stored_hash:
        attempts.record_failure()
        raise WrongSignIn
    user.password_hash = check.upgraded_hash or user.password_hash
    attempts.reset()
    return open_session(db, user)
