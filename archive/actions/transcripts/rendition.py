"""The gate for the words of a transcript: pages, exports, search and the index read text here.

A rendition holds what readers may have of a version: hidden words are left out (`redaction`),
speakers have the names of `names`, and each turn has the kind of its voucher. The editor,
where words are corrected, reads segments itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from archive import access
from archive.access import ReaderAction, Rights
from archive.actions.transcripts import speakers
from archive.actions.transcripts.redaction import (
    END_OF_TIME_MS,
    HiddenSpan,
    PackedWords,
    hidden_spans,
    visible_text,
)
from archive.actions.transcripts.words import StoredSegment, stored_segments, unpack
from archive.models import Contribution, Interview, Segment, TranscriptVersion
from transcription.document import Word

Voucher = Literal["machine", "imported", "edited", "heard"]
ReadableTexts = Mapping[str, tuple[TranscriptVersion, Interview]]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A segment as readers get it, with its id. `part` counts recordings from 1.

    `packed_words` are `[start_ms, end_ms, text, confidence, source]`, as segments store them.
    `vouched_by` is `machine` for unchecked words of the machine, `imported` for those of a file,
    `edited` for words that a person changed, `heard` for words that a person heard. `flags` are
    empty for readers who do not see the history.
    """

    id: str
    recording_id: str | None
    contribution_id: str | None
    part: int
    start_ms: int
    end_ms: int
    speaker: speakers.Speaker
    text: str
    packed_words: PackedWords
    vouched_by: Voucher
    flags: Sequence[str]
    is_redacted: bool

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words as the toolbox has them."""
        return unpack(self.packed_words)


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """What one reader may have of a version; `hidden` are the spans whose words are left out."""

    version: TranscriptVersion
    turns: Sequence[Turn]
    hidden: Sequence[HiddenSpan]


def for_reader(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    *,
    action: ReaderAction = "read",
) -> Rendition:
    """Return the whole version for a reader; raises NotVisible or NotAllowed.

    Words of a recording that is closed to reading, or to `action`, are hidden.
    """
    access.require(rights, "read", access.Scope(interview, version))
    return _render(db, rights, interview, version, action)


def for_index(db: Session, interview: Interview, version: TranscriptVersion) -> Rendition:
    """Return the version for the indexer: what every reader of it may have."""
    return _render(db, access.EVERY_READER, interview, version, "read")


def windows(
    db: Session, rights: Rights, texts: ReadableTexts, first_ids: Collection[str], *, length: int
) -> dict[str, list[Turn]]:
    """Return `length` turns from each of these segments on, by the id of the first.

    `texts` are versions that the caller has found readable, with their interviews, by version
    id. Segments of other versions and ended ones are left out.
    """
    render = _renderers(db, rights, texts)
    found: dict[str, list[Turn]] = {}
    for first_id, segment in _segments_from(db, texts, first_ids, length):
        found.setdefault(first_id, []).append(render[segment.version_id](segment))
    return found


def select_turns(
    db: Session, rights: Rights, texts: ReadableTexts, segment_ids: Collection[str]
) -> dict[str, Turn]:
    """Return the turns of these segments by id; `texts` as for `windows`."""
    render = _renderers(db, rights, texts)
    segments = db.scalars(
        select(Segment).where(
            Segment.id.in_(sorted(segment_ids)),
            Segment.version_id.in_(sorted(texts)),
            Segment.ended_at.is_(None),
        )
    )
    return {segment.id: render[segment.version_id](segment) for segment in segments}


def witness_segment_ids(
    db: Session, version_ids: Collection[str], *, min_length: int, max_length: int
) -> dict[str, list[str]]:
    """Return ids of unflagged segments of witnesses by version id.

    Their stored text has between `min_length` and `max_length` characters.
    """
    rows = db.execute(
        select(Segment.version_id, Segment.id, Segment.flags)
        .join(Contribution, Contribution.id == Segment.contribution_id)
        .where(
            Segment.version_id.in_(sorted(version_ids)),
            Segment.ended_at.is_(None),
            Contribution.role == "witness",
            func.length(Segment.text).between(min_length, max_length),
        )
    )
    found: dict[str, list[str]] = {}
    for version_id, segment_id, flags in rows:
        if not flags:
            found.setdefault(version_id, []).append(segment_id)
    return found


class _Renderer:
    """Turns the segments of one version into turns."""

    def __init__(
        self,
        rights: Rights,
        interview: Interview,
        version: TranscriptVersion,
        hidden: Sequence[HiddenSpan],
    ) -> None:
        self._actor = rights
        self._interview = interview
        self._version = version
        self._hidden = hidden
        self._sees_flags = bool(access.may(rights, "see_history"))
        self._parts = {recording.id: recording.part for recording in interview.recordings}
        self._speakers: dict[tuple[str | None, str], speakers.Speaker] = {}

    def __call__(self, segment: Segment | StoredSegment) -> Turn:
        visible = visible_text(segment, segment.recording_id, self._hidden)
        return Turn(
            id=segment.id,
            recording_id=segment.recording_id,
            contribution_id=segment.contribution_id,
            part=self._parts.get(segment.recording_id or "", 1),
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            speaker=self._speaker(segment),
            text=visible.text,
            packed_words=visible.words,
            vouched_by=_voucher(segment, self._version),
            flags=segment.flags if self._sees_flags else (),
            is_redacted=visible.is_redacted,
        )

    def _speaker(self, segment: Segment | StoredSegment) -> speakers.Speaker:
        key = (segment.contribution_id, segment.speaker_label)
        if key not in self._speakers:  # a text of hours has two or three
            voice = speakers.voice_speaker(self._actor, self._interview, *key)
            self._speakers[key] = (
                voice
                if voice.has_record
                else speakers.unlinked_speaker(self._version, segment.speaker_label)
            )
        return self._speakers[key]


def _render(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    action: ReaderAction,
) -> Rendition:
    hidden = [
        *hidden_spans(db, [interview.id])[interview.id],
        *_closed_recordings(rights, interview, version, action),
    ]
    render = _Renderer(rights, interview, version, hidden)
    turns = [render(row) for row in stored_segments(db, version)]
    return Rendition(version=version, turns=turns, hidden=hidden)


def _renderers(db: Session, rights: Rights, texts: ReadableTexts) -> dict[str, _Renderer]:
    hidden = hidden_spans(db, {interview.id for _version, interview in texts.values()})
    return {
        version.id: _Renderer(
            rights,
            interview,
            version,
            [*hidden[interview.id], *_closed_recordings(rights, interview, version, "read")],
        )
        for version, interview in texts.values()
    }


def _closed_recordings(
    rights: Rights, interview: Interview, version: TranscriptVersion, action: ReaderAction
) -> list[HiddenSpan]:
    """Return each recording whose words this reader may not have, as a span of its whole time.

    The index is for every reader of a version: the state of its text closes no recording.
    """
    if not rights.rules:
        return []
    return [
        HiddenSpan(recording.id, 0, END_OF_TIME_MS)
        for recording in interview.recordings
        if not all(
            access.may(rights, one, access.Scope(interview, version, recording_id=recording.id))
            for one in ("read", action)
        )
    ]


def _voucher(segment: Segment | StoredSegment, version: TranscriptVersion) -> Voucher:
    if segment.state != "machine":
        return segment.state
    if version.kind == "corrected":  # a copy: only the words still say where they came from
        return "imported" if any(word[4] == "import" for word in segment.words) else "machine"
    return version.kind


def _segments_from(
    db: Session, texts: ReadableTexts, first_ids: Collection[str], length: int
) -> Iterable[tuple[str, Segment]]:
    firsts = db.scalars(
        select(Segment).where(
            Segment.id.in_(sorted(first_ids)),
            Segment.version_id.in_(sorted(texts)),
            Segment.ended_at.is_(None),
        )
    ).all()
    if not firsts:
        return []
    windows = union_all(
        *(
            select(literal(first.id).label("first_id"), Segment.id.label("segment_id"))
            .where(
                Segment.version_id == first.version_id,
                Segment.position >= first.position,
                Segment.ended_at.is_(None),
            )
            .order_by(Segment.position, Segment.id)
            .limit(length)
            .subquery()
            .select()
            for first in firsts
        )
    ).subquery()
    rows = db.execute(
        select(windows.c.first_id, Segment)
        .join(Segment, Segment.id == windows.c.segment_id)
        .order_by(Segment.position, Segment.id)
    )
    return [(first_id, segment) for first_id, segment in rows]
