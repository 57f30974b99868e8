"""Who changed which words of a version, when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.models import SegmentRevision, TranscriptVersion, User

MOST_CHANGES = 500


@dataclass(frozen=True, kw_only=True)
class Step:
    """One saved change of one segment. `before` is None for the words as they came."""

    segment_id: str
    start_ms: int
    revision: int
    before: str | None
    after: str
    kind: str
    state: str
    reason: str
    author: str
    at: datetime


def changes(db: Session, version: TranscriptVersion) -> list[Step]:
    """The newest changes of a version first; at most MOST_CHANGES."""
    rows = db.execute(
        select(SegmentRevision, User.name)
        .outerjoin(User, User.id == SegmentRevision.author_id)
        .where(SegmentRevision.version_id == version.id, SegmentRevision.revision > 1)
        .order_by(SegmentRevision.at.desc(), SegmentRevision.id.desc())
        .limit(MOST_CHANGES)
    ).all()
    wanted = {revision.segment_id for revision, _name in rows}
    texts = {
        (r.segment_id, r.revision): r.text
        for r in db.scalars(
            select(SegmentRevision).where(SegmentRevision.segment_id.in_(sorted(wanted)))
        )
    }
    return [
        Step(
            segment_id=r.segment_id, start_ms=r.start_ms, revision=r.revision,
            before=texts.get((r.segment_id, r.revision - 1)), after=r.text, kind=r.kind,
            state=r.state, reason=r.reason, author=name or "", at=r.at,
        )
        for r, name in rows
    ]  # fmt: skip
