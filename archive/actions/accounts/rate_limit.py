"""Rate limit of sign-in attempts: failures per account, per address and per pair of both.

Within 15 minutes a pair of account and IP address may fail 8 times, far below the limit
per account: one client alone cannot lock an account for all. The limit per address is
higher because an office may share one address.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from archive.access import Refused
from archive.models import SignInFailure
from archive.models.base import utc_now

WINDOW = timedelta(minutes=15)
FAILURE_RETENTION = timedelta(hours=1)
LIMIT_PER_PAIR, LIMIT_PER_ADDRESS, LIMIT_PER_ACCOUNT = 8, 40, 100


class RateLimited(Refused):
    """Too many failed attempts for this account or from this address."""

    code = "rate_limited"


class SignInAttempts:
    """Failed attempts of one address at one account; only digests of both are stored."""

    def __init__(self, db: Session, *, email: str, address: str) -> None:
        self._db = db
        self._pair = _sha256(f"pair:{email}\n{address}")
        self._limits = {
            self._pair: LIMIT_PER_PAIR,
            _sha256(f"address:{address}"): LIMIT_PER_ADDRESS,
            _sha256(f"account:{email}"): LIMIT_PER_ACCOUNT,
        }

    def check(self) -> None:
        """Raise RateLimited when a limit is reached, even if the next password is correct."""
        now = utc_now()
        for key, limit in self._limits.items():
            recent = select(func.count()).where(
                SignInFailure.key_sha256 == key,
                # A failure further ahead was recorded while the clock was wrong.
                SignInFailure.at.between(now - WINDOW, now + WINDOW),
            )
            if (self._db.scalar(recent) or 0) >= limit:
                raise RateLimited

    def record_failure(self) -> None:
        """Record a failure; the caller must commit although the request fails."""
        now = utc_now()
        kept = SignInFailure.at.between(now - FAILURE_RETENTION, now + FAILURE_RETENTION)
        self._db.execute(delete(SignInFailure).where(~kept))
        self._db.add_all(SignInFailure(key_sha256=key) for key in self._limits)
        self._db.flush()

    def reset(self) -> None:
        """Clear the failures of this address and account pair after a successful sign-in."""
        self._db.execute(delete(SignInFailure).where(SignInFailure.key_sha256 == self._pair))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
