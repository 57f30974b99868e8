"""Find a clock that jumped: records of the future, or events that go back in time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.models import Event, Job
from archive.models.base import utc_now
from archive.queue import database_now

TOLERANCE = timedelta(minutes=5)
CHECKED_EVENTS = 500
REPORTED_FOR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class ClockJump:
    """A jump of `by`: the clock is behind a record, went back between events, or two differ."""

    kind: Literal["behind_records", "went_back", "server_differs"]
    by: timedelta


def find_jump(db: Session) -> ClockJump | None:
    """Return the jump of the clock that the records show, or None."""
    now = utc_now()
    difference = abs(database_now(db) - now)
    if difference > TOLERANCE:
        return ClockJump(kind="server_differs", by=difference)
    newest = [
        at
        for at in (
            db.scalar(select(func.max(Event.at))),
            db.scalar(select(func.max(Job.created_at))),
        )
        if at is not None
    ]
    if newest and max(newest) > now + TOLERANCE:
        return ClockJump(kind="behind_records", by=max(newest) - now)
    times = list(db.scalars(select(Event.at).order_by(Event.number.desc()).limit(CHECKED_EVENTS)))
    jumps = [
        before - after
        for after, before in itertools.pairwise(times)
        if before - after > TOLERANCE and after > now - REPORTED_FOR
    ]
    return ClockJump(kind="went_back", by=max(jumps)) if jumps else None
