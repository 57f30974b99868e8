"""The last finished backup of this archive, and whether it is too old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.models import Event
from archive.models.base import utc_now

TOO_OLD = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class LastBackup:
    """When and where the last backup was finished, and how many originals it has and lacks."""

    at: datetime
    target: str
    originals: int
    missing: int

    @property
    def age(self) -> timedelta:
        """Return the time since then; nothing if it lies ahead of the clock."""
        return max(timedelta(0), utc_now() - self.at)

    @property
    def is_too_old(self) -> bool:
        """Return whether the office should act, also if the copy lies ahead of the clock."""
        return self.age > TOO_OLD or self.at > utc_now() + TOO_OLD


def last_backup(db: Session) -> LastBackup | None:
    """Return the last finished backup, or None."""
    event = db.scalar(
        select(Event)
        .where(Event.kind == "archive.backed_up")
        .order_by(Event.number.desc())
        .limit(1)
    )
    if event is None:
        return None
    return LastBackup(
        at=event.at,
        target=str(event.detail.get("target", "")),
        originals=int(event.detail.get("originals", 0)),
        missing=int(event.detail.get("missing_count", 0)),
    )


def is_on_disk_of(last: LastBackup, home: Path) -> bool:
    """Return whether the last backup is on the same disk as the archive, if it is there."""
    try:
        return Path(last.target).stat().st_dev == home.stat().st_dev
    except OSError:
        return False  # the disk is not connected
