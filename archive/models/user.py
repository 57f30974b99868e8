"""Accounts, and the sessions in which they are signed in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from archive.models.base import Base, Ulid, new_id, utc_now

ROLES = ("administrator", "archivist", "historian", "editor", "reviewer", "researcher")


class User(Base):
    """Somebody who signs in. Kept, only made inactive: history names them."""

    __tablename__ = "user"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="researcher")
    password_hash: Mapped[str]
    language: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class SignInSession(Base):
    """A signed-in browser. The cookie holds a random token; here lies only its SHA-256."""

    __tablename__ = "sign_in_session"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]

    user: Mapped[User] = relationship()


class SignInFailure(Base):
    """A failed attempt, kept for the rate limit only and swept after an hour.

    `key_sha256` hides which account or address was tried.
    """

    __tablename__ = "sign_in_failure"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    key_sha256: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
