"""What a change does to a segment: merged with a colleague's, checked, applied with its words.

The verbs are in `segments`; here is what they have in common.
"""

from __future__ import annotations

import re
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
from transcription.document import Word
from transcription.tokens import tidy

LONGEST_TEXT = 20_000
LONGEST_SPEAKER = 120
CLOCK_TOLERANCE_MS = 1_000
# Neither a page nor every database can hold these: controls, half surrogates, non-characters.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

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
        merge = merging.three_way(base.text, segment.text, clean(text))
        if merge.text is None:
            draft = SegmentDraft(
                id=new_id(), segment_id=segment.id, based_on_revision=based_on,
                text=clean(text), author_id=actor.user_id,
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
        (change.text is not None and clean(change.text) != segment.text)
        or change.start_ms not in (None, segment.start_ms)
        or change.end_ms not in (None, segment.end_ms)
        or change.speaker not in (None, speaker)
        or change.state not in (None, segment.state)
        or (change.flags is not None and tidy_flags(change.flags) != segment.flags)
    )


def apply(db: Session, interview: Interview, segment: Segment, change: Change) -> None:
    """Carry the change out; the words keep their times. Raises SegmentRefused, then changed
    nothing."""
    text = segment.text if change.text is None else clean(change.text)
    if len(text) > LONGEST_TEXT:
        raise SegmentRefused(field="text", why="too_long", longest=LONGEST_TEXT)
    if change.state is not None and change.state not in SEGMENT_STATES:
        raise SegmentRefused(field="state", why="unknown")
    start = segment.start_ms if change.start_ms is None else change.start_ms
    end = segment.end_ms if change.end_ms is None else change.end_ms
    voice = (segment.contribution_id, segment.speaker_label)
    if change.speaker is not None:
        voice = voice_of(interview, change.speaker)
    words = unpack(segment.words)
    if (start, end) != (segment.start_ms, segment.end_ms):
        words = _moved(db, segment, start, end)
    check_neighbours(db, segment, start, end, voice)
    if text != segment.text or not segment.words:
        words = retime(words, text, start_ms=start, end_ms=end)
    if change.state is not None:
        segment.state = change.state
    elif text != segment.text:
        segment.state = "edited"
    if change.flags is not None:
        segment.flags = tidy_flags(change.flags)
    segment.contribution_id, segment.speaker_label = voice
    segment.text, segment.start_ms, segment.end_ms = text, start, end
    segment.words = pack(words)


def clean(text: str) -> str:
    """The text as a segment holds it: tidy, without characters that nobody can see or type."""
    return tidy(_UNPRINTABLE.sub("", text))


def tidy_flags(flags: Sequence[str]) -> list[str]:
    """Flags as a segment holds them; a browser cannot fill the database with them."""
    return [clean(flag)[:40] for flag in flags][:20]


def voice_of(interview: Interview, speaker: str) -> tuple[str | None, str]:
    """Contribution id and label: a person of the interview, or any other voice by its name."""
    if speaker in {c.id for c in interview.contributions}:
        return speaker, ""
    return None, clean(speaker)[:LONGEST_SPEAKER]


def check_neighbours(
    db: Session, segment: Segment, start: int, end: int, voice: tuple[str | None, str]
) -> None:
    """One voice does not speak twice at once, and nobody jumps over a neighbour.

    What was so before this change is not held against it: texts from elsewhere come as
    they are, and must still be open to correction.
    """
    was = (segment.start_ms, segment.end_ms, _voice(segment))
    now = (start, end, voice[0] or voice[1])
    if was == now:
        return
    before, after = _neighbours(db, segment)
    for neighbour in filter(None, (before, after)):
        if _collides(now, neighbour) and not _collides(was, neighbour):
            raise SegmentRefused(field="start", why="times_overlap")
    if before is not None and start < before.start_ms <= segment.start_ms:
        raise SegmentRefused(field="start", why="out_of_order")
    if after is not None and start > after.start_ms >= segment.start_ms:
        raise SegmentRefused(field="start", why="out_of_order")


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


def _moved(db: Session, segment: Segment, start: int, end: int) -> tuple[Word, ...]:
    """The words between new times; raises SegmentRefused for times that cannot be."""
    if not 0 <= start < end:
        raise SegmentRefused(field="start", why="times_reversed")
    recording = db.get(Recording, segment.recording_id) if segment.recording_id else None
    length_ms = recording.duration_ms if recording is not None else None
    if length_ms is not None and end > length_ms + CLOCK_TOLERANCE_MS:
        raise SegmentRefused(field="end", why="after_the_end")
    try:
        return edits.set_times(spoken(segment), start_ms=start, end_ms=end).words
    except edits.EditRefused as refused:
        raise SegmentRefused(field="end", why=refused.code) from refused


def _collides(span: tuple[int, int, str], neighbour: Segment) -> bool:
    start, end, voice = span
    overlaps = start < neighbour.end_ms and neighbour.start_ms < end
    return overlaps and voice == _voice(neighbour)


def _voice(segment: Segment) -> str:
    return segment.contribution_id or segment.speaker_label


def _neighbours(db: Session, segment: Segment) -> tuple[Segment | None, Segment | None]:
    living = select(Segment).where(
        Segment.version_id == segment.version_id,
        Segment.recording_id == segment.recording_id,
        Segment.ended_at.is_(None),
    )
    before = living.where(Segment.position < segment.position).order_by(Segment.position.desc())
    after = living.where(Segment.position > segment.position).order_by(Segment.position)
    return db.scalar(before.limit(1)), db.scalar(after.limit(1))
