"""Comparison of two states of a transcript, by passages and words.

A state is a version as it is now, or as it was created. Passages are matched by time,
because segment ids differ between versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.actions.transcripts import history, speakers, versions
from archive.actions.transcripts.history import DiffPiece
from archive.actions.transcripts.rendition import text_reader
from archive.models import Interview, Recording, Segment, SegmentRevision, TranscriptVersion


@dataclass(frozen=True)
class TextState:
    """A state of a version. `is_first`: as created; `has_first`: it was changed since."""

    version: TranscriptVersion
    is_first: bool
    has_first: bool

    @property
    def name(self) -> str:
        """Return the name in URLs: `2`, or `2-first`."""
        return f"{self.version.number}-first" if self.is_first else str(self.version.number)


@dataclass(frozen=True)
class Side:
    """The words and speakers of one state in a passage; empty if it has none there.

    `voices` are the names that this version has, `voice_ids` the contributions or labels.
    """

    pieces: Sequence[DiffPiece]
    voices: Sequence[str]
    voice_ids: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ComparedPassage:
    """Overlapping segments of both states."""

    part: int
    start_ms: int
    before: Side
    after: Side

    @property
    def changed_words(self) -> int:
        """How many words differ."""
        return history.count_changed_words([*self.before.pieces, *self.after.pieces])

    @property
    def differs(self) -> bool:
        """Return whether words or speakers differ."""
        # One person whose name changed after an approval is not another speaker.
        has_others = self.before.voice_ids != self.after.voice_ids
        return self.changed_words > 0 or (has_others and self.before.voices != self.after.voices)


@dataclass(frozen=True)
class Comparison:
    """All passages, in order of time."""

    passages: Sequence[ComparedPassage]

    @property
    def different(self) -> int:
        """Return the number of passages that differ."""
        return sum(passage.differs for passage in self.passages)

    @property
    def stretches(self) -> list[tuple[bool, list[ComparedPassage]]]:
        """Return runs of passages: those that all differ between the states, or all not."""
        return [(differs, list(run)) for differs, run in groupby(self.passages, _differs)]


@dataclass(frozen=True, kw_only=True)
class _Row:
    id: str
    part: int
    start_ms: int
    end_ms: int
    voice: str
    voice_id: str
    text: str


def list_states(db: Session, interview: Interview) -> list[TextState]:
    """Return the states that can be compared, the newest first."""
    changed = set(
        db.scalars(
            select(SegmentRevision.version_id)
            .join(TranscriptVersion, TranscriptVersion.id == SegmentRevision.version_id)
            .where(TranscriptVersion.interview_id == interview.id, SegmentRevision.kind != "made")
            .distinct()
        )
    )
    states = []
    for version in versions.list_versions(db, interview):
        has_first = version.id in changed
        states.append(TextState(version, is_first=False, has_first=has_first))
        if has_first:
            states.append(TextState(version, is_first=True, has_first=True))
    return states


def compare_states(
    db: Session, rights: Rights, interview: Interview, before: TextState, after: TextState
) -> Comparison:
    """Compare two states; requires the right to see the history of both."""
    for state in (before, after):
        access.require(rights, "see_history", access.Scope(interview, state.version))
    old, new = (_load_rows(db, rights, interview, state) for state in (before, after))
    return Comparison([_compare_rows(*pair) for pair in _pair_overlapping(old, new)])


def _differs(passage: ComparedPassage) -> bool:
    return passage.differs


def _load_rows(db: Session, rights: Rights, interview: Interview, state: TextState) -> list[_Row]:
    """Load the segments of a state, in order of time."""
    columns = (Segment.id, Segment.recording_id, Recording.part)
    query: Select[Any, str, str | None, int]
    if state.is_first:
        query = select(SegmentRevision, *columns).join(
            Segment, Segment.id == SegmentRevision.segment_id
        )
        query = query.where(SegmentRevision.kind == "made")
    else:
        query = select(Segment, *columns).where(Segment.ended_at.is_(None))
    query = (
        query.outerjoin(Recording, Recording.id == Segment.recording_id)
        .where(Segment.version_id == state.version.id)
        .order_by(Segment.position, Segment.id)
    )
    read = text_reader(db, rights, interview)
    of_version = speakers.VersionSpeakers(rights, interview, state.version)
    rows = [
        _Row(
            id=segment_id,
            part=part or 1,
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            text=visible.text,
            voice=of_version.speaker(row.contribution_id, row.speaker_label).full,
            voice_id=row.contribution_id or row.speaker_label,
        )
        for row, segment_id, recording_id, part in db.execute(query)
        if (visible := read(row, recording_id)) is not None
    ]
    return sorted(rows, key=_start_of)


def _start_of(row: _Row) -> tuple[int, int]:
    return row.part, row.start_ms


def _pair_overlapping(
    old: Sequence[_Row], new: Sequence[_Row]
) -> list[tuple[list[_Row], list[_Row]]]:
    """Group rows of both sides that overlap, in order of time."""
    pairs = []
    left, right = list(reversed(old)), list(reversed(new))
    while left or right:
        lefts: list[_Row] = []
        rights: list[_Row] = []
        if left and (not right or _start_of(left[-1]) <= _start_of(right[-1])):
            lefts.append(left.pop())
        else:
            rights.append(right.pop())
        is_growing = True
        while is_growing:
            is_growing = _move_next_overlapping(lefts, right, rights) or _move_next_overlapping(
                rights, left, lefts
            )
        pairs.append((lefts, rights))
    return pairs


def _move_next_overlapping(
    group: Sequence[_Row], remaining: list[_Row], target: list[_Row]
) -> bool:
    """Move the next remaining row to `target` if it overlaps a row of `group`."""
    if not remaining or not any(_overlaps(row, remaining[-1]) for row in group):
        return False
    target.append(remaining.pop())
    return True


def _overlaps(one: _Row, other: _Row) -> bool:
    """Return whether rows are the same segment or share more than half of the shorter one."""
    if one.id == other.id:
        return True
    shared = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
    shorter = min(one.end_ms - one.start_ms, other.end_ms - other.start_ms)
    return one.part == other.part and 2 * shared > shorter


def _compare_rows(before: Sequence[_Row], after: Sequence[_Row]) -> ComparedPassage:
    pieces = history.diff_words(*(" ".join(row.text for row in side) for side in (before, after)))
    first = min((*before, *after), key=_start_of)
    return ComparedPassage(
        part=first.part,
        start_ms=first.start_ms,
        before=_side([p for p in pieces if p.kind != "in"], before),
        after=_side([p for p in pieces if p.kind != "out"], after),
    )


def _side(pieces: Sequence[DiffPiece], rows: Sequence[_Row]) -> Side:
    """Return the words of one state, and its speakers, each once."""
    voices = list(dict.fromkeys(row.voice for row in rows))
    return Side(pieces, voices, list(dict.fromkeys(row.voice_id for row in rows)))
