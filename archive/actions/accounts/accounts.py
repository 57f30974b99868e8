"""User accounts: create, update, look up; every account has one role."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.accounts import passwords, rate_limit, sessions
from archive.models import User
from archive.models.vocabulary import USER_ROLES
from archive.settings import LANGUAGES, Settings
from archive.text import text_input
from search.syllables import exact_key

_MACHINE_NAME = re.compile(r"(?i)worker( for .*)?|command line|first run")


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


class AccountNameTaken(Refused):
    """Another account, or the program itself, has this name, so the history would be ambiguous.

    `name`: as it would be stored.
    """

    code = "account_name_taken"


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
    if role not in USER_ROLES:
        raise UnknownRole(role=role)
    if db.scalar(select(User.id).where(User.email == email)):
        raise EmailTaken(email=email)
    user = User(
        email=email,
        # The invented persons of the sample are marked as such.
        name=name if is_sample else _free_name(db, name),
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
    name = _free_name(db, name, user)
    if user.role == "administrator" and (role != "administrator" or not is_active):
        others = select(func.count()).where(
            User.role == "administrator", User.is_active.is_(True), User.id != user.id
        )
        if not db.scalar(others):
            raise LastAdministrator
    change = audit.name_change(user.name, name)
    user.name, user.role, user.is_active = name, role, is_active
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
    name = _free_name(db, name, user)
    if language not in ("", *LANGUAGES):
        raise UnknownLanguage(language=language)
    change = audit.name_change(user.name, name)
    user.name, user.language = name, language
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


def rights_of(db: Session, user: User, settings: Settings) -> Rights:
    """Return the rights of an account on the current day."""
    return with_stand_in(db, access.rights_today(access.actor_of_user(user), settings))


def with_stand_in(db: Session, rights: Rights) -> Rights:
    """Return the rights, with those of an archivist for administrators while none is active."""
    if rights.actor.role != "administrator":
        return rights
    # The archivist of the sample is invented, and works for no office.
    archivists = select(User.id).where(
        User.role == "archivist", User.is_active.is_(True), User.is_sample.is_(False)
    )
    return replace(rights, stands_in=db.scalar(archivists.limit(1)) is None)


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


def ids_with_equal_names(users: list[User]) -> set[str]:
    """Return the accounts whose names readers could take for one, as earlier versions allowed."""
    keys = Counter(_name_key(user.name) for user in users)
    return {user.id for user in users if keys[_name_key(user.name)] > 1}


def _free_name(db: Session, text: str, user: User | None = None) -> str:
    """Return a name as it is stored; an account keeps a name that it has.

    Raises AccountNameMissing, AccountNameTaken.
    """
    name = text_input.single_line(text)
    if not name:
        raise AccountNameMissing
    if user is not None and name == user.name:
        return name
    others = db.execute(select(User.id, User.name))
    same = [other for other, used in others if _name_key(used) == _name_key(name)]
    if _MACHINE_NAME.fullmatch(name) or any(user is None or other != user.id for other in same):
        raise AccountNameTaken(name=name)
    return name


def _name_key(name: str) -> tuple[str, ...]:
    return tuple(exact_key(word) for word in text_input.single_line(name).split())


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
