"""Two states of an interview's text side by side: which passages differ, and in which words.

A state is a version as it is now, or as it first came. Passages are matched by the time in
which they are heard, because a segment keeps its identity only inside one version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor
from archive.actions import history, speakers, transcripts
from archive.actions.history import Piece
from archive.models import Interview, Recording, Segment, SegmentRevision, TranscriptVersion


@dataclass(frozen=True)
class State:
    """`is_first`: as it came, before anybody changed it. `has_first`: that differs from now."""

    version: TranscriptVersion
    is_first: bool
    has_first: bool

    @property
    def name(self) -> str:
        """What an address calls it: `2`, or `2-first`."""
        return f"{self.version.number}-first" if self.is_first else str(self.version.number)


@dataclass(frozen=True)
class Side:
    """What one state holds of a passage; nothing when it has no words there."""

    pieces: Sequence[Piece]
    voices: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One or more segments of either state that are heard at the same time."""

    part: int
    start_ms: int
    before: Side
    after: Side

    @property
    def words(self) -> int:
        """How many words differ."""
        return history.words_changed([*self.before.pieces, *self.after.pieces])

    @property
    def differs(self) -> bool:
        """Whether words or speakers are not the same."""
        return self.words > 0 or self.before.voices != self.after.voices


@dataclass(frozen=True)
class Comparison:
    """Every passage in the order in which it is heard."""

    passages: Sequence[Passage]

    @property
    def different(self) -> int:
        """How many passages are not the same."""
        return sum(passage.differs for passage in self.passages)

    @property
    def stretches(self) -> list[tuple[bool, list[Passage]]]:
        """Neighbours that all differ, or all do not."""
        return [(differs, list(run)) for differs, run in groupby(self.passages, _differs)]


@dataclass(frozen=True, kw_only=True)
class _Line:
    id: str
    part: int
    start_ms: int
    end_ms: int
    voice: str
    text: str


def states(db: Session, interview: Interview) -> list[State]:
    """All that can be compared, the newest first."""
    changed = set(
        db.scalars(
            select(SegmentRevision.version_id)
            .join(TranscriptVersion, TranscriptVersion.id == SegmentRevision.version_id)
            .where(TranscriptVersion.interview_id == interview.id, SegmentRevision.kind != "made")
            .distinct()
        )
    )
    found = []
    for version in transcripts.versions(db, interview):
        has_first = version.id in changed
        found.append(State(version, is_first=False, has_first=has_first))
        if has_first:
            found.append(State(version, is_first=True, has_first=True))
    return found


def between(
    db: Session, actor: Actor, interview: Interview, before: State, after: State
) -> Comparison:
    """Set two states side by side; both need the right to see the history."""
    for state in (before, after):
        access.require(actor, "see_history", state.version, interview=interview)
    old, new = (_lines(db, interview, state) for state in (before, after))
    return Comparison([_passage(*met) for met in _meetings(old, new)])


def _differs(passage: Passage) -> bool:
    return passage.differs


def _lines(db: Session, interview: Interview, state: State) -> list[_Line]:
    """The segments of a state in the order in which they are heard."""
    of = SegmentRevision if state.is_first else Segment
    query = (
        select(
            Segment.id, Recording.part, of.start_ms, of.end_ms,
            of.contribution_id, of.speaker_label, of.text,
        )
        .outerjoin(Recording, Recording.id == Segment.recording_id)
        .where(Segment.version_id == state.version.id)
        .order_by(Segment.position, Segment.id)
    )  # fmt: skip
    if state.is_first:
        query = query.join(SegmentRevision, SegmentRevision.segment_id == Segment.id)
        query = query.where(SegmentRevision.kind == "made")
    else:
        query = query.where(Segment.ended_at.is_(None))
    lines = [
        _Line(
            id=id_, part=part or 1, start_ms=start_ms, end_ms=end_ms, text=text,
            voice=speakers.of_voice(interview, contribution_id, label).full,
        )
        for id_, part, start_ms, end_ms, contribution_id, label, text in db.execute(query)
    ]  # fmt: skip
    return sorted(lines, key=_place)


def _place(line: _Line) -> tuple[int, int]:
    return line.part, line.start_ms


def _meetings(
    old: Sequence[_Line], new: Sequence[_Line]
) -> list[tuple[list[_Line], list[_Line]]]:  # fmt: skip
    """Lines of both sides that are heard together, in order."""
    met = []
    left, right = list(reversed(old)), list(reversed(new))
    while left or right:
        lefts: list[_Line] = []
        rights: list[_Line] = []
        if left and (not right or _place(left[-1]) <= _place(right[-1])):
            lefts.append(left.pop())
        else:
            rights.append(right.pop())
        is_growing = True
        while is_growing:
            is_growing = _takes(lefts, right, rights) or _takes(rights, left, lefts)
        met.append((lefts, rights))
    return met


def _takes(held: Sequence[_Line], coming: list[_Line], into: list[_Line]) -> bool:
    """Move the next line over when it is heard together with one that is held."""
    if not coming or not any(_together(line, coming[-1]) for line in held):
        return False
    into.append(coming.pop())
    return True


def _together(one: _Line, other: _Line) -> bool:
    """The same segment, or more than half of the shorter one is heard during the other."""
    if one.id == other.id:
        return True
    shared = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
    shorter = min(one.end_ms - one.start_ms, other.end_ms - other.start_ms)
    return one.part == other.part and 2 * shared > shorter


def _passage(before: Sequence[_Line], after: Sequence[_Line]) -> Passage:
    pieces = history.compare(*(" ".join(line.text for line in side) for side in (before, after)))
    first = min((*before, *after), key=_place)
    return Passage(
        part=first.part, start_ms=first.start_ms,
        before=Side([p for p in pieces if p.kind != "in"], _voices(before)),
        after=Side([p for p in pieces if p.kind != "out"], _voices(after)),
    )  # fmt: skip


def _voices(lines: Sequence[_Line]) -> list[str]:
    """Who speaks, each once."""
    return list(dict.fromkeys(line.voice for line in lines))
