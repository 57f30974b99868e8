"""What a change does to a segment: merged with a colleague's, checked, applied with its words.

The verbs are in `segments`; here is what they have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import Actor, Refused
from archive.actions.transcripts import pack, unpack
from archive.models import Interview, Recording, Segment, SegmentDraft, SegmentRevision
from archive.models.base import new_id
from archive.models.transcript import SEGMENT_STATES
from transcription import edits, merging
from transcription.alignment import retime
from transcription.document import Segment as SpokenSegment
from transcription.tokens import tidy

LONGEST_TEXT = 20_000
CLOCK_TOLERANCE_MS = 1_000

T = TypeVar("T")


class Conflict(Refused):
    """Both changed the same words. `draft_id` is where the later text was kept."""

    code = "conflict"

    def __init__(
        self, *, base: str, theirs: Segment, yours: str, draft_id: str,
        hunks: Sequence[merging.Hunk],
    ) -> None:  # fmt: skip
        super().__init__(draft_id=draft_id)
        self.base, self.theirs, self.yours = base, theirs, yours
        self.draft_id, self.hunks = draft_id, tuple(hunks)


class SegmentRefused(Refused):
    """The change would break a promise of the transcript; `field` names what is wrong."""

    code = "segment_refused"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What to change; None leaves a field as it is.

    `speaker` is a contribution's id, or any other name for a voice without a record;
    an empty string takes the speaker away.
    """

    text: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    speaker: str | None = None
    state: str | None = None
    flags: tuple[str, ...] | None = None


def spoken(segment: Segment) -> SpokenSegment:
    """The segment as the toolbox knows it."""
    return SpokenSegment(
        id=segment.id, start_ms=segment.start_ms, end_ms=segment.end_ms, text=segment.text,
        words=unpack(segment.words), speaker=segment.speaker_label or None,
        flags=tuple(segment.flags),
    )  # fmt: skip


def rebase(db: Session, actor: Actor, segment: Segment, change: Change, based_on: int) -> Change:
    """The change as if it had been made on the present state; raises Conflict."""
    base = revision_of(db, segment, based_on)
    text = change.text
    if text is not None:
        merge = merging.three_way(base.text, segment.text, tidy(text))
        if merge.text is None:
            draft = SegmentDraft(
                id=new_id(), segment_id=segment.id, based_on_revision=based_on,
                text=text, author_id=actor.user_id,
            )  # fmt: skip
            db.add(draft)
            db.flush()
            raise Conflict(
                base=base.text, theirs=segment, yours=text, draft_id=draft.id, hunks=merge.hunks
            )
        text = merge.text
    speaker = base.contribution_id or base.speaker_label
    return Change(
        text=text,
        start_ms=_mine(change.start_ms, base.start_ms),
        end_ms=_mine(change.end_ms, base.end_ms),
        speaker=_mine(change.speaker, speaker),
        state=_mine(change.state, base.state),
        flags=_mine(change.flags, tuple(base.flags)),
    )


def differs(segment: Segment, change: Change) -> bool:
    """Whether the change asks for anything that is not so already."""
    speaker = segment.contribution_id or segment.speaker_label
    return (
        (change.text is not None and tidy(change.text) != segment.text)
        or change.start_ms not in (None, segment.start_ms)
        or change.end_ms not in (None, segment.end_ms)
        or change.speaker not in (None, speaker)
        or change.state not in (None, segment.state)
        or (change.flags is not None and list(change.flags) != segment.flags)
    )


def apply(db: Session, interview: Interview, segment: Segment, change: Change) -> None:
    """Carry the change out; the words keep their times. Raises SegmentRefused."""
    text = segment.text if change.text is None else tidy(change.text)
    if len(text) > LONGEST_TEXT:
        raise SegmentRefused(field="text", why="too_long", longest=LONGEST_TEXT)
    start = segment.start_ms if change.start_ms is None else change.start_ms
    end = segment.end_ms if change.end_ms is None else change.end_ms
    if change.speaker is not None:
        set_speaker(segment, interview, change.speaker)
    if (start, end) != (segment.start_ms, segment.end_ms):
        _check_times(db, segment, start, end)
    words = unpack(segment.words)
    if (start, end) != (segment.start_ms, segment.end_ms):
        words = edits.set_times(spoken(segment), start_ms=start, end_ms=end).words
    if text != segment.text or not segment.words:
        words = retime(words, text, start_ms=start, end_ms=end)
    if change.state is not None and change.state not in SEGMENT_STATES:
        raise SegmentRefused(field="state", why="unknown")
    if change.state is not None:
        segment.state = change.state
    elif text != segment.text:
        segment.state = "edited"
    if change.flags is not None:
        segment.flags = [flag[:40] for flag in change.flags][:20]
    segment.text, segment.start_ms, segment.end_ms = text, start, end
    segment.words = pack(words)


def set_speaker(segment: Segment, interview: Interview, speaker: str) -> None:
    """A person of the interview by contribution id, or any other voice by its label."""
    known = {c.id for c in interview.contributions}
    if speaker in known:
        segment.contribution_id, segment.speaker_label = speaker, ""
    else:
        segment.contribution_id, segment.speaker_label = None, tidy(speaker)[:120]


def revision_of(db: Session, segment: Segment, revision: int) -> SegmentRevision:
    """The segment as it was saved then; raises SegmentRefused when it never was."""
    found = db.scalar(
        select(SegmentRevision).where(
            SegmentRevision.segment_id == segment.id, SegmentRevision.revision == revision
        )
    )
    if found is None:
        raise SegmentRefused(field="revision", why="unknown")
    return found


def _mine(wanted: T | None, base: T) -> T | None:
    """A field counts as changed by us only where it differs from what we started from."""
    return None if wanted == base else wanted


def _check_times(db: Session, segment: Segment, start: int, end: int) -> None:
    if not 0 <= start < end:
        raise SegmentRefused(field="start", why="times_reversed")
    recording = db.get(Recording, segment.recording_id) if segment.recording_id else None
    length_ms = recording.duration_ms if recording is not None else None
    if length_ms is not None and end > length_ms + CLOCK_TOLERANCE_MS:
        raise SegmentRefused(field="end", why="after_the_end")
    for neighbour in _neighbours(db, segment):
        overlaps = start < neighbour.end_ms and neighbour.start_ms < end
        if overlaps and _voice(neighbour) == _voice(segment):
            raise SegmentRefused(field="start", why="times_overlap")


def _voice(segment: Segment) -> str:
    return segment.contribution_id or segment.speaker_label


def _neighbours(db: Session, segment: Segment) -> list[Segment]:
    living = select(Segment).where(
        Segment.version_id == segment.version_id,
        Segment.recording_id == segment.recording_id,
        Segment.ended_at.is_(None),
    )
    before = db.scalars(
        living.where(Segment.position < segment.position).order_by(Segment.position.desc()).limit(1)
    )
    after = db.scalars(
        living.where(Segment.position > segment.position).order_by(Segment.position).limit(1)
    )
    return [*before, *after]
