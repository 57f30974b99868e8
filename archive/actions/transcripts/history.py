"""Edit history of a version: who changed which words, when, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.transcripts import speakers
from archive.actions.transcripts.rendition import text_reader
from archive.actions.transcripts.speakers import Speaker
from archive.models import Interview, Recording, Segment, SegmentRevision, TranscriptVersion, User
from archive.models.vocabulary import RevisionKind, SegmentState
from transcription.merging import differences
from transcription.tokens import tokenise

MAX_CHANGES = 500


@dataclass(frozen=True)
class DiffPiece:
    """Consecutive words of a diff. `kind`: same, out, in; after a split or merge also moved."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One saved change of one segment.

    `earlier` is the revision that can be restored, or None. `span_before` and
    `speaker_before` are None if unchanged.
    """

    segment_id: str
    part: int
    span: tuple[int, int]
    span_before: tuple[int, int] | None
    speaker: Speaker
    speaker_before: Speaker | None
    revision: int
    earlier: int | None
    pieces: Sequence[DiffPiece]
    kind: str
    state: SegmentState
    reason: str
    author: str
    at: datetime

    @property
    def changed_words(self) -> int:
        """How many words were taken out or put in, whichever is more."""
        return count_changed_words(self.pieces)


def changes(
    db: Session, rights: Rights, interview: Interview, version: TranscriptVersion
) -> list[HistoryEntry]:
    """Return the changes of a version, the newest first, at most MAX_CHANGES."""
    rows = db.execute(
        select(SegmentRevision, User.name, Segment)
        .join(Segment, Segment.id == SegmentRevision.segment_id)
        .outerjoin(User, User.id == SegmentRevision.author_id)
        .where(
            SegmentRevision.version_id == version.id,
            or_(SegmentRevision.revision > 1, SegmentRevision.kind == "insert"),
        )
        .order_by(SegmentRevision.at.desc(), SegmentRevision.id.desc())
        .limit(MAX_CHANGES)
    ).all()
    segment_ids = {segment.id for _revision, _name, segment in rows}
    revisions = {
        (r.segment_id, r.revision): r
        for r in db.scalars(
            select(SegmentRevision).where(SegmentRevision.segment_id.in_(sorted(segment_ids)))
        )
    }
    parts = {
        recording_id: part
        for recording_id, part in db.execute(
            select(Recording.id, Recording.part).where(Recording.interview_id == interview.id)
        )
    }
    read = text_reader(db, rights, interview)
    of_version = speakers.VersionSpeakers(rights, interview, version)
    entries = []
    for revision, name, segment in rows:
        before = revisions.get((revision.segment_id, revision.revision - 1))
        visible = read(revision, segment.recording_id)
        earlier = read(before, segment.recording_id) if before is not None else None
        if visible is None:
            continue
        old, new = (earlier.text if earlier is not None else ""), visible.text
        if revision.kind == "merge" and segment.ended_at and old == new:
            continue  # second segment of a merge: the entry of the first covers both
        part = parts.get(segment.recording_id or "", 1)
        pieces = _pieces(revision.kind, old, new)
        entries.append(_entry(of_version, revision, before, name or "", segment, part, pieces))
    return entries


def version_authors(db: Session, interview: Interview) -> dict[str, str]:
    """Return the author of each version, by version id; machine versions have none."""
    rows = db.execute(
        select(TranscriptVersion.id, User.name)
        .join(User, User.id == TranscriptVersion.author_id)
        .where(TranscriptVersion.interview_id == interview.id)
    )
    return {version_id: name for version_id, name in rows}


def count_changed_words(pieces: Iterable[DiffPiece]) -> int:
    """How many words were taken out or put in, whichever is more."""
    counts = Counter[str]()
    for piece in pieces:
        counts[piece.kind] += len(tokenise(piece.text))
    return max(counts["out"], counts["in"])


def diff_words(before: str, after: str) -> list[DiffPiece]:
    """Return removed, added and unchanged words, token by token.

    >>> [(p.kind, p.text) for p in diff_words("pha rao kẽm", "phá rào kẽm")]
    [('out', 'pha rao'), ('in', 'phá rào'), ('same', 'kẽm')]
    """
    old, pieces, done = tokenise(before), [], 0
    for change in differences(old, tokenise(after)):
        pieces += [
            DiffPiece("same", " ".join(old[done : change.start])),
            DiffPiece("out", " ".join(old[change.start : change.end])),
            DiffPiece("in", " ".join(change.tokens)),
        ]
        done = change.end
    pieces.append(DiffPiece("same", " ".join(old[done:])))
    return [piece for piece in pieces if piece.text]


def _entry(
    of_version: speakers.VersionSpeakers,
    now: SegmentRevision,
    before: SegmentRevision | None,
    author: str,
    segment: Segment,
    part: int,
    pieces: Sequence[DiffPiece],
) -> HistoryEntry:
    span = (now.start_ms, now.end_ms)
    span_before = (before.start_ms, before.end_ms) if before is not None else span
    speaker = of_version.speaker(now.contribution_id, now.speaker_label)
    speaker_before = speaker
    if before is not None:
        speaker_before = of_version.speaker(before.contribution_id, before.speaker_label)
    can_restore = segment.ended_at is None or not segment.replaced_by
    return HistoryEntry(
        segment_id=now.segment_id,
        part=part,
        span=span,
        speaker=speaker,
        span_before=None if span_before == span else span_before,
        speaker_before=None if speaker_before == speaker else speaker_before,
        revision=now.revision,
        earlier=before.revision if before is not None and can_restore else None,
        pieces=pieces,
        kind=now.kind,
        state=now.state,
        reason=now.reason,
        author=author,
        at=now.at,
    )


def _pieces(kind: RevisionKind, old: str, new: str) -> list[DiffPiece]:
    """Return the diff; a split or merge moves words, so none is marked as removed."""
    if kind == "drop":
        return [DiffPiece("out", new)] if new else []
    shorter, longer = sorted((new, old), key=len)
    if kind in ("split", "merge") and longer.startswith(shorter):
        rest = longer.removeprefix(shorter).strip()
        return [
            piece for piece in (DiffPiece("same", shorter), DiffPiece("moved", rest)) if piece.text
        ]
    return diff_words(old, new)
