"""What a change does to a segment: merged with a colleague's, checked, applied with its words.

The verbs are in `segments`; here is what they have in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")

T = TypeVar("T")
Span = tuple[int, int, str]


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
    was = span(segment)
    now = (start, end, voice[0] or voice[1])
    if was == now:
        return
    before, after = _neighbours(db, segment)
    for neighbour in filter(None, (before, after)):
        if _overlap(now, span(neighbour)) and not _overlap(was, span(neighbour)):
            raise SegmentRefused(field="start", why="times_overlap")
    if before is not None and start < before.start_ms <= segment.start_ms:
        raise SegmentRefused(field="start", why="out_of_order")
    if after is not None and start > after.start_ms >= segment.start_ms:
        raise SegmentRefused(field="start", why="out_of_order")


def check_together(db: Session, moved: Iterable[Segment], was: Mapping[str, Span | None]) -> None:
    """The same for several that were moved in one step, once all of them are in their places.

    `was` says where each of them lay before, None for a new one.
    """
    db.flush()
    for segment in moved:
        before, after = _neighbours(db, segment)
        for first, second in ((before, segment), (segment, after)):
            if first is None or second is None:
                continue
            then = was.get(first.id, span(first)), was.get(second.id, span(second))
            for why, wrong in (("times_overlap", _overlap), ("out_of_order", _reversed)):
                was_so = then[0] is not None and then[1] is not None and wrong(then[0], then[1])
                if wrong(span(first), span(second)) and not was_so:
                    raise SegmentRefused(field="start", why=why)


def check_length(db: Session, recording_id: str | None, end_ms: int) -> None:
    """Nothing is said after the end of a recording, as far as its length is known."""
    recording = db.get(Recording, recording_id) if recording_id else None
    length_ms = recording.duration_ms if recording is not None else None
    if length_ms is not None and end_ms > length_ms + CLOCK_TOLERANCE_MS:
        raise SegmentRefused(field="end", why="after_the_end")


def must_be_new(db: Session, new_id: str) -> None:
    """A browser names what it makes, with a ULID that nothing else has."""
    if not _ULID.fullmatch(new_id) or db.get(Segment, new_id) is not None:
        raise SegmentRefused(field="new_id", why="not_a_new_ulid")


def are_neighbours(db: Session, first: Segment, second: Segment) -> bool:
    """Whether the second follows the first in the same recording, with nothing between."""
    following = db.scalar(
        select(Segment)
        .where(
            Segment.version_id == first.version_id,
            Segment.position > first.position,
            Segment.ended_at.is_(None),
        )
        .order_by(Segment.position)
        .limit(1)
    )
    return following is second and first.recording_id == second.recording_id


def following_position(db: Session, segment: Segment) -> str:
    """Where the next segment stands, ended ones counted; empty when it is the last."""
    after = (
        select(Segment.position)
        .where(Segment.version_id == segment.version_id, Segment.position > segment.position)
        .order_by(Segment.position)
    )
    return db.scalar(after.limit(1)) or ""


def voice_then(interview: Interview, old: SegmentRevision) -> tuple[str | None, str]:
    """Who spoke in an earlier state; only the label, if that person is no longer named here."""
    known = old.contribution_id in {c.id for c in interview.contributions}
    return (old.contribution_id if known else None), old.speaker_label


def span(segment: Segment) -> Span:
    """When somebody speaks, and who: what must not be twice at once."""
    return segment.start_ms, segment.end_ms, segment.contribution_id or segment.speaker_label


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
    check_length(db, segment.recording_id, end)
    try:
        return edits.set_times(spoken(segment), start_ms=start, end_ms=end).words
    except edits.EditRefused as refused:
        raise SegmentRefused(field="end", why=refused.code) from refused


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] == other[2]


def _reversed(first: Span, second: Span) -> bool:
    return first[0] > second[0]


def _neighbours(db: Session, segment: Segment) -> tuple[Segment | None, Segment | None]:
    living = select(Segment).where(
        Segment.version_id == segment.version_id,
        Segment.recording_id == segment.recording_id,
        Segment.ended_at.is_(None),
    )
    before = living.where(Segment.position < segment.position).order_by(Segment.position.desc())
    after = living.where(Segment.position > segment.position).order_by(Segment.position)
    return db.scalar(before.limit(1)), db.scalar(after.limit(1))
