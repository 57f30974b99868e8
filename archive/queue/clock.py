"""The clock of the queue, and which stored instants are believable.

A clock may jump by a year, either way, and back. What was stored meanwhile must not stop the
queue for a year: an instant that lies further ahead than any delay of ours was stored by a
clock that was wrong, and counts as passed.
Reasons: docs/decisions/2026-11-30-kills-and-clocks.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive.models.base import utc_now

LONGEST_RETRY_DELAY = timedelta(minutes=10)
PARKED_RETRY_DELAY = timedelta(seconds=30)
LONGEST_LEASE = timedelta(hours=1)  # the upper limit of LOIKE_LEASE_S


def database_now(db: Session) -> datetime:
    """Return the time of the PostgreSQL server, so that clocks of workers need not agree."""
    if db.get_bind().dialect.name == "postgresql":
        now = db.scalar(select(func.clock_timestamp()))
        assert isinstance(now, datetime)
        return now
    return utc_now()


def has_passed(
    instant: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    now: datetime,
    *,
    longest: timedelta,
) -> ColumnElement[bool]:
    """Return the condition that an instant has passed, or lies further ahead than `longest`."""
    return or_(instant <= now, instant > now + longest)
