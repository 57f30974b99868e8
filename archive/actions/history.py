"""Who changed which words of a version, when, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from archive.actions import speakers
from archive.actions.speakers import Speaker
from archive.models import Interview, Recording, Segment, SegmentRevision, TranscriptVersion, User
from transcription.merging import differences
from transcription.tokens import tokenise

MOST_CHANGES = 500


@dataclass(frozen=True)
class Piece:
    """A stretch of words. `kind`: same, out, in; after a cut or a join also `moved`."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """One saved change of one segment.

    `earlier` is the revision that bringing back would bring back, None when there is
    none. `span_before` and `speaker_before` are None where the change left them alone.
    """

    segment_id: str
    part: int
    span: tuple[int, int]
    span_before: tuple[int, int] | None
    speaker: Speaker
    speaker_before: Speaker | None
    revision: int
    earlier: int | None
    pieces: Sequence[Piece]
    kind: str
    state: str
    reason: str
    author: str
    at: datetime

    @property
    def words(self) -> int:
        """How many words were taken out or put in, whichever is more."""
        return words_changed(self.pieces)


def changes(db: Session, interview: Interview, version: TranscriptVersion) -> list[Step]:
    """The newest changes of a version first; at most MOST_CHANGES."""
    rows = db.execute(
        select(SegmentRevision, User.name, Segment)
        .join(Segment, Segment.id == SegmentRevision.segment_id)
        .outerjoin(User, User.id == SegmentRevision.author_id)
        .where(
            SegmentRevision.version_id == version.id,
            or_(SegmentRevision.revision > 1, SegmentRevision.kind == "insert"),
        )
        .order_by(SegmentRevision.at.desc(), SegmentRevision.id.desc())
        .limit(MOST_CHANGES)
    ).all()
    wanted = {segment.id for _revision, _name, segment in rows}
    known = {
        (r.segment_id, r.revision): r
        for r in db.scalars(
            select(SegmentRevision).where(SegmentRevision.segment_id.in_(sorted(wanted)))
        )
    }
    parts = {
        recording_id: part
        for recording_id, part in db.execute(
            select(Recording.id, Recording.part).where(Recording.interview_id == interview.id)
        )
    }
    steps = []
    for revision, name, segment in rows:
        before = known.get((revision.segment_id, revision.revision - 1))
        unchanged = before is not None and revision.text == before.text
        if revision.kind == "merge" and segment.ended_at and unchanged:
            continue  # the second half of a merge: the first half's step tells of both
        part = parts.get(segment.recording_id or "", 1)
        steps.append(_step(interview, revision, before, name or "", segment, part))
    return steps


def names(db: Session, interview: Interview) -> dict[str, str]:
    """Who made each version of an interview, by the version's id; machines make without names."""
    rows = db.execute(
        select(TranscriptVersion.id, User.name)
        .join(User, User.id == TranscriptVersion.author_id)
        .where(TranscriptVersion.interview_id == interview.id)
    )
    return {version_id: name for version_id, name in rows}


def words_changed(pieces: Iterable[Piece]) -> int:
    """How many words were taken out or put in, whichever is more."""
    counts = Counter[str]()
    for piece in pieces:
        counts[piece.kind] += len(tokenise(piece.text))
    return max(counts["out"], counts["in"])


def compare(before: str, after: str) -> list[Piece]:
    """What was taken out and put in, token by token.

    >>> [(p.kind, p.text) for p in compare("pha rao kẽm", "phá rào kẽm")]
    [('out', 'pha rao'), ('in', 'phá rào'), ('same', 'kẽm')]
    """
    old, pieces, done = tokenise(before), [], 0
    for change in differences(old, tokenise(after)):
        pieces += [
            Piece("same", " ".join(old[done : change.start])),
            Piece("out", " ".join(old[change.start : change.end])),
            Piece("in", " ".join(change.tokens)),
        ]
        done = change.end
    pieces.append(Piece("same", " ".join(old[done:])))
    return [piece for piece in pieces if piece.text]


def _step(
    interview: Interview, now: SegmentRevision, before: SegmentRevision | None,
    author: str, segment: Segment, part: int,
) -> Step:  # fmt: skip
    span = (now.start_ms, now.end_ms)
    span_before = (before.start_ms, before.end_ms) if before is not None else span
    speaker = speakers.of_voice(interview, now.contribution_id, now.speaker_label)
    was = speaker
    if before is not None:
        was = speakers.of_voice(interview, before.contribution_id, before.speaker_label)
    can_return = segment.ended_at is None or not segment.replaced_by
    return Step(
        segment_id=now.segment_id, part=part, span=span, speaker=speaker,
        span_before=None if span_before == span else span_before,
        speaker_before=None if was == speaker else was,
        revision=now.revision,
        earlier=before.revision if before is not None and can_return else None,
        pieces=_pieces(now, before), kind=now.kind, state=now.state, reason=now.reason,
        author=author, at=now.at,
    )  # fmt: skip


def _pieces(now: SegmentRevision, before: SegmentRevision | None) -> list[Piece]:
    """A cut and a join move words and change none: nothing of them is struck out."""
    old = before.text if before is not None else ""
    if now.kind == "drop":
        return [Piece("out", now.text)] if now.text else []
    shorter, longer = sorted((now.text, old), key=len)
    if now.kind in ("split", "merge") and longer.startswith(shorter):
        rest = longer.removeprefix(shorter).strip()
        return [piece for piece in (Piece("same", shorter), Piece("moved", rest)) if piece.text]
    return compare(old, now.text)
