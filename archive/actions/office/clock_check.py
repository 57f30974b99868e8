"""Find a clock that is wrong, or that jumped in the last days.

A clock that goes back shows in the order of the events. One that goes ahead shows only to a
process that runs meanwhile: workers record it (`ClockWatch`). One that was set ahead while
nothing ran looks like a computer that was off.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import audit
from archive.access import Actor
from archive.models import Event, WorkerHeartbeat
from archive.models.base import utc_now
from archive.queue import database_now

TOLERANCE = timedelta(minutes=5)
CHECKED_EVENTS = 20_000
REPORTED_FOR = timedelta(days=7)
# Does not stand still while the computer sleeps, as `time.monotonic` does on Linux.
_STEADY_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


@dataclass(frozen=True, kw_only=True)
class ClockJump:
    """A clock that is wrong now (`behind_records`, `server_differs`), or that jumped `by`."""

    kind: Literal["behind_records", "server_differs", "went_back", "went_ahead"]
    by: timedelta


class ClockWatch:
    """Compares the clock with one that cannot be set, for a process that runs all day."""

    def __init__(self) -> None:
        self._offset_s = self._seen_s = _offset_s()

    def record_jump(self, db: Session, actor: Actor, worker: WorkerHeartbeat) -> None:
        """Record `clock.jumped` if the clock was set since the state that was accepted."""
        self._seen_s = _offset_s()
        by_s = round(self._seen_s - self._offset_s)
        if abs(by_s) > TOLERANCE.total_seconds():
            audit.record(db, actor, "clock.jumped", worker, by_s=by_s)

    def accept(self) -> None:
        """Compare with the state of the last call from now on; called after the transaction."""
        self._offset_s = self._seen_s


def find_jump(db: Session) -> ClockJump | None:
    """Return what is wrong with the clock, or its largest jump of the last days, or None."""
    now = utc_now()
    difference = abs(database_now(db) - now)
    if difference > TOLERANCE:
        return ClockJump(kind="server_differs", by=difference)
    # In the order in which they were recorded, the newest first.
    times = list(db.scalars(select(Event.at).order_by(Event.number.desc()).limit(CHECKED_EVENTS)))
    if times and times[0] > now + TOLERANCE:
        return ClockJump(kind="behind_records", by=times[0] - now)
    jumps = [*_steps_back(times, now), *_recorded_jumps(db, now)]
    return max(jumps, key=lambda jump: jump.by, default=None)


def _steps_back(times: list[datetime], now: datetime) -> list[ClockJump]:
    return [
        ClockJump(kind="went_back", by=earlier - later)
        for later, earlier in itertools.pairwise(times)
        # Of a clock that was back for a while, the time before the step is the right one.
        if earlier - later > TOLERANCE and (_is_recent(later, now) or _is_recent(earlier, now))
    ]


def _recorded_jumps(db: Session, now: datetime) -> list[ClockJump]:
    jumped = select(Event.at, Event.detail).where(Event.kind == "clock.jumped")
    seconds = [detail["by_s"] for at, detail in db.execute(jumped) if _is_recent(at, now)]
    return [
        ClockJump(kind="went_ahead" if by_s > 0 else "went_back", by=timedelta(seconds=abs(by_s)))
        for by_s in seconds
    ]


def _is_recent(at: datetime, now: datetime) -> bool:
    return now - REPORTED_FOR < at <= now + TOLERANCE


def _offset_s() -> float:
    """Return the clock less the steady one: it changes only when the clock is set."""
    steady = time.monotonic() if _STEADY_CLOCK is None else time.clock_gettime(_STEADY_CLOCK)
    return time.time() - steady
