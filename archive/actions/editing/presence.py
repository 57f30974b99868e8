"""Presence: which colleagues have a version open in the editor, and where.

Rows expire after `EXPIRES_AFTER`. No event is recorded and nothing is counted: presence
must never become a report on who worked when.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import access, queue
from archive.actions.editing.draft import Draft
from archive.actions.editing.rules import SegmentRefused
from archive.models import Presence, Segment, User

EXPIRES_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """A colleague in the editor; `idle_s`: seconds since they typed or changed segment."""

    user_id: str
    name: str
    segment_id: str | None
    is_typing: bool
    idle_s: int


def record_position(
    draft: Draft,
    *,
    segment_id: str | None,
    is_typing: bool,
) -> None:
    """Store the actor's position; ended segments, and new ones not saved yet, count as None.

    Raises SegmentRefused for a segment of another version.
    """
    access.require(draft.rights, "correct", draft.scope)
    delete_expired(draft.db)
    now = queue.database_now(draft.db)
    segment = draft.db.get(Segment, segment_id) if segment_id else None
    if segment is not None and segment.version_id != draft.version.id:
        raise SegmentRefused(field="seg", why="other_version")
    present_id = segment.id if segment is not None and segment.ended_at is None else None
    key = (draft.version.id, draft.rights.actor.user_id)
    row = draft.db.get(Presence, key, populate_existing=True)
    if row is None:
        # Another window of the same user may have inserted the row meanwhile.
        with contextlib.suppress(IntegrityError), draft.db.begin_nested():
            draft.db.add(Presence(version_id=key[0], user_id=key[1], acted_at=now, seen_at=now))
        row = draft.db.get_one(Presence, key, populate_existing=True)
    if is_typing or present_id != row.segment_id:
        row.acted_at = now
    row.segment_id, row.is_typing, row.seen_at = present_id, is_typing, now
    draft.db.flush()


def leave(draft: Draft) -> None:
    """Delete the actor's presence when the editor is closed."""
    access.require(draft.rights, "see_history", draft.scope)
    draft.db.execute(
        delete(Presence).where(
            Presence.version_id == draft.version.id, Presence.user_id == draft.rights.actor.user_id
        )
    )


def list_colleagues(draft: Draft) -> list[Colleague]:
    """Return the other users who have the version open for correction."""
    access.require(draft.rights, "see_history", draft.scope)
    now = queue.database_now(draft.db)
    rows = draft.db.execute(
        select(Presence, User.name)
        .join(User, User.id == Presence.user_id)
        .where(
            Presence.version_id == draft.version.id,
            Presence.user_id != draft.rights.actor.user_id,
            Presence.seen_at > now - EXPIRES_AFTER,
            Presence.seen_at < now + EXPIRES_AFTER,  # else a clock was wrong
        )
        .order_by(Presence.user_id)
    )
    return [
        Colleague(
            user_id=row.user_id,
            name=name,
            segment_id=row.segment_id,
            is_typing=row.is_typing,
            idle_s=max(0, int((now - row.acted_at).total_seconds())),
        )
        for row, name in rows
    ]


def delete_expired(db: Session) -> None:
    """Delete expired rows; called on every update and by the worker."""
    now = queue.database_now(db)
    is_current = (Presence.seen_at > now - EXPIRES_AFTER) & (Presence.seen_at < now + EXPIRES_AFTER)
    db.execute(delete(Presence).where(~is_current))
