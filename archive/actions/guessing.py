"""Guessing passwords: failures are counted by account and address, and stopped.

One address may fail at one account eight times in a quarter of an hour. That is far
below what locks the account for everybody, so nobody can shut a colleague out from
their own desk; and a whole office, which shares an address, has room for its typos.
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
KEPT = timedelta(hours=1)
OF_PAIR, OF_ADDRESS, OF_ACCOUNT = 8, 40, 100


class RateLimited(Refused):
    """Too many failures for this account or from this address."""

    code = "rate_limited"


class Tries:
    """The attempts of one address at one account. Only digests of the two are kept."""

    def __init__(self, db: Session, *, email: str, address: str) -> None:
        self._db = db
        self._pair = _sha256(f"pair:{email}\n{address}")
        self._limits = {
            self._pair: OF_PAIR,
            _sha256(f"address:{address}"): OF_ADDRESS,
            _sha256(f"account:{email}"): OF_ACCOUNT,
        }

    def stop_guessing(self) -> None:
        """Raise RateLimited when a limit is reached, whether the next password is right or not."""
        now = utc_now()
        for key, allowed in self._limits.items():
            recent = select(func.count()).where(
                SignInFailure.key_sha256 == key, SignInFailure.at > now - WINDOW
            )
            if (self._db.scalar(recent) or 0) >= allowed:
                raise RateLimited

    def note_failure(self) -> None:
        """Count one more; the caller commits it although the request fails."""
        self._db.execute(delete(SignInFailure).where(SignInFailure.at < utc_now() - KEPT))
        self._db.add_all(SignInFailure(key_sha256=key) for key in self._limits)
        self._db.flush()

    def forget(self) -> None:
        """The right password was given: this address is forgiven its typos at this account."""
        self._db.execute(delete(SignInFailure).where(SignInFailure.key_sha256 == self._pair))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
