"""Four eyes: a person who corrected a version does not approve it alone, without a reason."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from archive.access import ALLOWED, Actor
from archive.actions.office import settings
from archive.models import SegmentRevision, TranscriptVersion, User
from archive.models.vocabulary import member

# `auto`: where at least two active accounts may approve.
FourEyesRule = Literal["auto", "always", "never"]
FOUR_EYES_RULES: tuple[FourEyesRule, ...] = get_args(FourEyesRule)


def is_broken_by(db: Session, actor: Actor, version: TranscriptVersion) -> bool:
    """Return whether an approval by this actor would be one of their own corrections."""
    return bool(actor.user_id) and _holds(db) and _has_corrected(db, actor.user_id, version)


def _holds(db: Session) -> bool:
    rule = member(FOUR_EYES_RULES, settings.get_value(db, settings.FOUR_EYES, "auto"))
    if rule != "auto":
        return rule == "always"
    approvers = select(func.count()).where(
        User.is_active.is_(True),
        User.is_sample.is_(False),
        User.role.in_(sorted(ALLOWED["approve"])),
    )
    return (db.scalar(approvers) or 0) >= 2


def _has_corrected(db: Session, user_id: str, version: TranscriptVersion) -> bool:
    """Return whether the person changed words, speakers, times or segments of the version.

    Hearing a segment and settling a remark of the machine is checking, not correcting.
    """
    before = aliased(SegmentRevision)
    after = SegmentRevision
    is_changed = (
        (after.text != before.text)
        | (after.start_ms != before.start_ms)
        | (after.end_ms != before.end_ms)
        | (after.speaker_label != before.speaker_label)
        | after.contribution_id.is_distinct_from(before.contribution_id)
    )
    found = db.scalar(
        select(after.id)
        .outerjoin(
            before,
            (before.segment_id == after.segment_id) & (before.revision == after.revision - 1),
        )
        .where(
            after.version_id == version.id,
            after.author_id == user_id,
            after.kind != "made",
            (after.kind != "edit") | is_changed,
        )
        .limit(1)
    )
    return found is not None
