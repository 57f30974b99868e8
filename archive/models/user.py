"""User accounts, their sessions and failed sign-ins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from archive.models.base import Base, Ulid, new_id, utc_now
from archive.models.vocabulary import UserRole


class User(Base):
    """A user account. Deactivated, never deleted: events refer to it."""

    __tablename__ = "user"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[UserRole] = mapped_column(default="researcher")
    password_hash: Mapped[str]
    language: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class SignInSession(Base):
    """A session of a browser. The cookie holds a random token, the row its SHA-256."""

    __tablename__ = "sign_in_session"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]

    user: Mapped[User] = relationship()


class SignInFailure(Base):
    """A failed attempt, stored for the rate limit and deleted after an hour.

    `key_sha256` is a digest, so that accounts and addresses are not stored.
    """

    __tablename__ = "sign_in_failure"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    key_sha256: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
