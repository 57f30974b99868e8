"""Three-way merge of a change with revisions saved since its base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import Refused, Rights
from archive.actions.editing.rules import SegmentChange, SegmentRefused, clean_text
from archive.models import Segment, SegmentDraft, SegmentRevision
from archive.models.base import new_id
from transcription import merging

T = TypeVar("T")


class EditConflict(Refused):
    """Raised if both changed the same words; the submitted text is stored as SegmentDraft."""

    code = "conflict"

    def __init__(
        self,
        *,
        base: str,
        theirs: Segment,
        yours: str,
        draft_id: str,
        hunks: Sequence[merging.Hunk],
    ) -> None:
        super().__init__(draft_id=draft_id)
        self.base, self.theirs, self.yours = base, theirs, yours
        self.draft_id, self.hunks = draft_id, tuple(hunks)


def rebase(
    db: Session, rights: Rights, segment: Segment, change: SegmentChange, based_on: int
) -> SegmentChange:
    """Rebase the change onto the present state; raises EditConflict."""
    base = load_revision(db, segment, based_on)
    text = change.text
    if text is not None:
        merge = merging.three_way(base.text, segment.text, clean_text(text))
        if merge.text is None:
            draft = SegmentDraft(
                id=new_id(),
                segment_id=segment.id,
                based_on_revision=based_on,
                text=clean_text(text),
                author_id=rights.actor.user_id,
            )
            db.add(draft)
            db.flush()
            raise EditConflict(
                base=base.text, theirs=segment, yours=text, draft_id=draft.id, hunks=merge.hunks
            )
        text = merge.text
    speaker = base.contribution_id or base.speaker_label
    return SegmentChange(
        text=text,
        start_ms=_own_change(change.start_ms, base.start_ms),
        end_ms=_own_change(change.end_ms, base.end_ms),
        speaker=_own_change(change.speaker, speaker),
        state=_own_change(change.state, base.state),
        flags=_own_change(change.flags, tuple(base.flags)),
    )


def load_revision(db: Session, segment: Segment, revision: int) -> SegmentRevision:
    """Load a revision of a segment; raises SegmentRefused if it does not exist."""
    found = db.scalar(
        select(SegmentRevision).where(
            SegmentRevision.segment_id == segment.id, SegmentRevision.revision == revision
        )
    )
    if found is None:
        raise SegmentRefused(field="revision", why="unknown")
    return found


def _own_change(value: T | None, base: T) -> T | None:
    """Return None for a field that does not differ from its base."""
    return None if value == base else value
