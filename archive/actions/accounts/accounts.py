"""User accounts: create, update, look up; every account has one role."""

from __future__ import annotations

import unicodedata

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.accounts import passwords, rate_limit, sessions
from archive.models import User
from archive.models.vocabulary import USER_ROLES
from archive.settings import LANGUAGES, Settings


class EmailTaken(Refused):
    """An account with this address exists."""

    code = "email_taken"


class EmailRefused(Refused):
    """`email` is not a valid e-mail address."""

    code = "email_refused"


class WrongPassword(Refused):
    """The current password of the account does not match."""

    code = "wrong_password"


class UnknownLanguage(Refused):
    """`language` is not one of LANGUAGES."""

    code = "unknown_language"


class UnknownRole(Refused):
    """`role` is not one of USER_ROLES."""

    code = "unknown_role"


class AccountNameMissing(Refused):
    """An account needs a name, which the history shows."""

    code = "name_missing"


class LastAdministrator(Refused):
    """The account is the last active administrator."""

    code = "last_administrator"


def add(
    db: Session,
    rights: Rights,
    *,
    email: str,
    name: str,
    role: str,
    password: str,
    is_sample: bool = False,
) -> User:
    """Create an account."""
    access.require(rights, "manage_accounts")
    email = normal_email(email)
    if not _is_address(email):
        raise EmailRefused(email=email[:80])
    if not name.strip():
        raise AccountNameMissing
    if role not in USER_ROLES:
        raise UnknownRole(role=role)
    if db.scalar(select(User.id).where(User.email == email)):
        raise EmailTaken(email=email)
    user = User(
        email=email,
        name=name.strip(),
        role=role,
        password_hash=passwords.hash_password(password),
        is_sample=is_sample,
    )
    db.add(user)
    db.flush()
    audit.record(db, rights.actor, "account.opened", user, role=role)
    return user


def update(
    db: Session, rights: Rights, user: User, *, name: str, role: str, is_active: bool
) -> None:
    """Update name, role and state; deactivating an account ends all its sessions."""
    access.require(rights, "manage_accounts")
    if role not in USER_ROLES:
        raise UnknownRole(role=role)
    if not name.strip():
        raise AccountNameMissing
    if user.role == "administrator" and (role != "administrator" or not is_active):
        others = select(func.count()).where(
            User.role == "administrator", User.is_active.is_(True), User.id != user.id
        )
        if not db.scalar(others):
            raise LastAdministrator
    change = audit.name_change(user.name, name.strip())
    user.name, user.role, user.is_active = name.strip(), role, is_active
    if not is_active:
        sessions.sign_out_everywhere(db, user)
    audit.record(db, rights.actor, "account.changed", user, role=role, active=is_active, **change)


def set_password(db: Session, rights: Rights, user: User, password: str) -> None:
    """Set a new password and end every session of the account."""
    if rights.actor.user_id != user.id:
        access.require(rights, "manage_accounts")
    user.password_hash = passwords.hash_password(password)
    sessions.sign_out_everywhere(db, user)
    audit.record(db, rights.actor, "account.password_set", user)


def update_profile(db: Session, rights: Rights, user: User, *, name: str, language: str) -> None:
    """Update the actor's own name and page language; "" follows the browser's language."""
    _require_self(rights, user)
    if not name.strip():
        raise AccountNameMissing
    if language not in ("", *LANGUAGES):
        raise UnknownLanguage(language=language)
    change = audit.name_change(user.name, name.strip())
    user.name, user.language = name.strip(), language
    audit.record(db, rights.actor, "account.described", user, **change)


def change_own_password(
    db: Session, rights: Rights, user: User, *, present: str, new: str, token: str, address: str
) -> None:
    """Verify the current password, set the new one, end all sessions except that of `token`.

    Raises WrongPassword or RateLimited; the caller must commit the recorded failure.
    """
    _require_self(rights, user)
    attempts = rate_limit.SignInAttempts(db, email=user.email, address=address)
    attempts.check()
    if not passwords.verify(user.password_hash, present):
        attempts.record_failure()
        raise WrongPassword
    user.password_hash = passwords.hash_password(new)
    sessions.end_other_sessions(db, user, token)
    audit.record(db, rights.actor, "account.password_set", user)


def rights_of(user: User, settings: Settings) -> Rights:
    """Return the rights of an account on the current day."""
    return access.rights_today(access.actor_of_user(user), settings)


def by_email(db: Session, email: str) -> User | None:
    """Return the account with this e-mail address."""
    return db.scalar(select(User).where(User.email == normal_email(email)))


def list_accounts(db: Session, rights: Rights) -> list[User]:
    """Return every account, the active ones first."""
    access.require(rights, "manage_accounts")
    return list(db.scalars(select(User).order_by(User.is_active.desc(), User.email)))


def has_no_accounts(db: Session) -> bool:
    """Return whether there is no account yet: only then is the first-run page available."""
    return db.scalar(select(User.id).limit(1)) is None


def _require_self(rights: Rights, user: User) -> None:
    if not rights.actor.user_id or rights.actor.user_id != user.id:
        raise access.NotVisible


def normal_email(email: str) -> str:
    """Return an e-mail address as it is stored and compared."""
    return unicodedata.normalize("NFC", email).strip().casefold()


def _is_address(email: str) -> bool:
    name, at, host = email.rpartition("@")
    return (
        bool(name and at and host)
        and len(email) <= 254
        and not any(c.isspace() or not c.isprintable() for c in email)
    )
