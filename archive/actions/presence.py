"""Colleagues at the same text: where they are now, so that nobody corrects the same words twice.

What is told here is forgotten after `KEPT_FOR`. No event is recorded and nothing is
counted: this must never become a report on who worked when.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Actor
from archive.models import Interview, Presence, Segment, TranscriptVersion, User

KEPT_FOR = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """`idle_s`: how long ago they last typed or went to another segment."""

    user_id: str
    name: str
    segment_id: str | None
    is_typing: bool
    idle_s: int


def tell(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion, *,
    segment_id: str | None, is_typing: bool,
) -> None:  # fmt: skip
    """Say where one is. A segment that is gone, or of another version, counts as none."""
    access.require(actor, "correct", version, interview=interview)
    forget(db)
    now = queue.database_now(db)
    found = db.get(Segment, segment_id) if segment_id else None
    is_here = found is not None and found.version_id == version.id and found.ended_at is None
    place = segment_id if is_here else None
    key = (version.id, actor.user_id)
    row = db.get(Presence, key, populate_existing=True)
    if row is None:
        # Another window of the same person may be faster: then its row is there.
        with contextlib.suppress(IntegrityError), db.begin_nested():
            db.add(Presence(version_id=key[0], user_id=key[1], acted_at=now, seen_at=now))
        row = db.get_one(Presence, key, populate_existing=True)
    if is_typing or place != row.segment_id:
        row.acted_at = now
    row.segment_id, row.is_typing, row.seen_at = place, is_typing, now
    db.flush()


def leave(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion
) -> None:  # fmt: skip
    """The page was closed."""
    access.require(actor, "see_history", version, interview=interview)
    db.execute(
        delete(Presence).where(Presence.version_id == version.id, Presence.user_id == actor.user_id)
    )


def others(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion
) -> list[Colleague]:
    """Everybody else who has the version open for correction."""
    access.require(actor, "see_history", version, interview=interview)
    now = queue.database_now(db)
    rows = db.execute(
        select(Presence, User.name)
        .join(User, User.id == Presence.user_id)
        .where(
            Presence.version_id == version.id,
            Presence.user_id != actor.user_id,
            Presence.seen_at > now - KEPT_FOR,
        )
        .order_by(Presence.user_id)
    )
    return [
        Colleague(
            user_id=row.user_id, name=name, segment_id=row.segment_id, is_typing=row.is_typing,
            idle_s=max(0, int((now - row.acted_at).total_seconds())),
        )
        for row, name in rows
    ]  # fmt: skip


def forget(db: Session) -> None:
    """Wipe out whoever gave no sign of life; done by everybody who comes, and by the worker."""
    db.execute(delete(Presence).where(Presence.seen_at <= queue.database_now(db) - KEPT_FOR))
