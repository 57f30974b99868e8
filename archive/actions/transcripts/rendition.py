"""The gate for the words of a transcript: pages, exports, search and the index read text here.

A rendition holds what readers may have of a version: hidden words are left out (`redaction`),
and what a rule closes; speakers have the names of `names`, and each turn has the kind of its
voucher. The editor, where words are corrected, reads segments itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sqlalchemy import func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from archive import access
from archive.access import ReaderAction, Rights
from archive.actions.catalogue import names
from archive.actions.transcripts import speakers, text_facts
from archive.actions.transcripts.redaction import (
    HiddenSpan,
    PackedWords,
    VisibleText,
    closed_text,
    hidden_spans,
)
from archive.actions.transcripts.redactor import Redactor, redactor_of
from archive.actions.transcripts.text_facts import Origin
from archive.actions.transcripts.words import StoredSegment, stored_segments, unpack
from archive.models import (
    Contribution,
    Interview,
    Segment,
    SegmentRevision,
    TranscriptVersion,
)
from transcription.document import Word

Voucher = Literal["", "machine", "imported", "edited", "heard"]
ReadableTexts = Mapping[str, tuple[TranscriptVersion, Interview]]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A segment as readers get it, with its id. `part` counts recordings from 1.

    `packed_words` are `[start_ms, end_ms, text, confidence, source]`, as segments store them.
    `vouched_by` is `machine` for unchecked words of the machine, `imported` for those of a file,
    `edited` for words that a person changed, `heard` for words that a person heard; `imported_by`
    is the name of the account that imported them; `is_unheard` for words that a person should hear
    and did not. `flags` and `imported_by` are empty for readers who do not see the history. Of a
    turn that `is_closed` to the reader nothing but its place is given.
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
    imported_by: str
    is_unheard: bool
    flags: Sequence[str]
    is_redacted: bool
    is_closed: bool

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

    Turns of a recording or time of which the reader may not know are left out; where it is
    closed to reading, or to `action`, words and speaker are hidden.
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
        turn = render[segment.version_id](segment)
        if turn is not None:
            found.setdefault(first_id, []).append(turn)
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
    turns = (render[segment.version_id](segment) for segment in segments)
    return {turn.id: turn for turn in turns if turn is not None}


def witness_segment_ids(
    db: Session,
    rights: Rights,
    versions: Collection[TranscriptVersion],
    *,
    min_length: int,
    max_length: int,
) -> dict[str, list[str]]:
    """Return ids of unflagged segments of witnesses by version id, without unheard ones.

    Their stored text has between `min_length` and `max_length` characters.
    """
    origins = text_facts.origins(db, rights, versions)
    never_heard = sorted(one for one, origin in origins.items() if not origin.can_be_heard)
    rows = db.execute(
        select(Segment.version_id, Segment.id, Segment.flags)
        .join(TranscriptVersion, TranscriptVersion.id == Segment.version_id)
        .join(Contribution, Contribution.id == Segment.contribution_id)
        .where(
            Segment.version_id.in_(sorted(origins)),
            Segment.ended_at.is_(None),
            or_(Segment.state == "heard", Segment.version_id.in_(never_heard)),
            names.role_column() == "witness",
            func.length(Segment.text).between(min_length, max_length),
        )
    )
    found: dict[str, list[str]] = {}
    for version_id, segment_id, flags in rows:
        if not flags:
            found.setdefault(version_id, []).append(segment_id)
    return found


class TextReader:
    """Reads rows of segments of one interview for one reader.

    Words in hidden spans are left out. Of a row that a rule closes to reading, or to `action`,
    nothing but its place is left; a row of which the reader may not know is None.
    """

    def __init__(
        self,
        rights: Rights,
        interview: Interview,
        redact: Redactor,
        action: ReaderAction = "read",
    ) -> None:
        self.hidden = redact.spans
        self._redact = redact
        self._rights = rights
        self._interview = interview
        self._needed: tuple[ReaderAction, ...] = ("know", "read", action)
        self._recording_ids = {recording.id for recording in interview.recordings}

    def __call__(
        self, row: Segment | SegmentRevision | StoredSegment, recording_id: str | None
    ) -> VisibleText | None:
        """Return what the reader may have of a row."""
        if recording_id not in self._recording_ids:
            recording_id = None  # a damaged row must escape no span of its own interview
        if self._rights.rules:
            for action in self._needed:
                if not self._admits(action, row, recording_id):
                    return None if action == "know" and recording_id else closed_text(row)
        return self._redact(row, recording_id)

    def _admits(
        self,
        action: ReaderAction,
        row: Segment | SegmentRevision | StoredSegment,
        recording_id: str | None,
    ) -> bool:
        """Return whether the reader may do this with the row; without a recording with any."""
        recordings = [recording_id] if recording_id else [*self._recording_ids, None]
        span_ms = (row.start_ms, row.end_ms)
        return all(
            self._rights.admit(
                self._interview,
                action,
                access.Scope(self._interview, recording_id=one, span_ms=span_ms),
            )
            for one in recordings
        )


def text_reader(db: Session, rights: Rights, interview: Interview) -> TextReader:
    """Return the reader of rows for pages that show several states of a text."""
    return TextReader(rights, interview, redactor_of(db, interview))


class _Renderer:
    """Turns the segments of one version into turns."""

    def __init__(
        self,
        rights: Rights,
        interview: Interview,
        version: TranscriptVersion,
        read: TextReader,
        origin: Origin,
        imported_by: str,
    ) -> None:
        self._read = read
        self._origin = origin
        self._imported_by = imported_by
        self._sees_flags = bool(access.may(rights, "see_history"))
        self._parts = {recording.id: recording.part for recording in interview.recordings}
        self._of_version = speakers.VersionSpeakers(rights, interview, version)
        self._speakers: dict[tuple[str | None, str], speakers.Speaker] = {}

    def __call__(self, segment: Segment | StoredSegment) -> Turn | None:
        visible = self._read(segment, segment.recording_id)
        if visible is None:
            return None
        vouched_by = "" if visible.is_closed else self._voucher(segment)
        return Turn(
            id=segment.id,
            recording_id=segment.recording_id if segment.recording_id in self._parts else None,
            contribution_id=None if visible.is_closed else segment.contribution_id,
            part=self._parts.get(segment.recording_id or "", 1),
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            speaker=speakers.UNNAMED if visible.is_closed else self._speaker(segment),
            text=visible.text,
            packed_words=visible.words,
            vouched_by=vouched_by,
            imported_by=self._imported_by if vouched_by == "imported" else "",
            is_unheard=vouched_by not in ("", "heard")
            and bool(visible.text)
            and self._origin.can_be_heard,
            flags=segment.flags if self._sees_flags and not visible.is_closed else (),
            is_redacted=visible.is_redacted,
            is_closed=visible.is_closed,
        )

    def _voucher(self, segment: Segment | StoredSegment) -> Voucher:
        if segment.state != "machine":
            return segment.state
        return "imported" if self._origin.is_imported else "machine"

    def _speaker(self, segment: Segment | StoredSegment) -> speakers.Speaker:
        key = (segment.contribution_id, segment.speaker_label)
        if key not in self._speakers:  # a text of hours has two or three
            self._speakers[key] = self._of_version.speaker(*key)
        return self._speakers[key]


def _render(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    action: ReaderAction,
) -> Rendition:
    hidden = hidden_spans(db, [interview.id])[interview.id]
    read = TextReader(rights, interview, Redactor(db, interview, hidden, version), action)
    origins = text_facts.origins(db, rights, [version])
    imported_by = text_facts.importers(db, rights, origins).get(version.id, "")
    render = _Renderer(rights, interview, version, read, origins[version.id], imported_by)
    turns = [turn for row in stored_segments(db, version) if (turn := render(row)) is not None]
    return Rendition(version=version, turns=turns, hidden=read.hidden)


def _renderers(db: Session, rights: Rights, texts: ReadableTexts) -> dict[str, _Renderer]:
    hidden = hidden_spans(db, {interview.id for _version, interview in texts.values()})
    versions = [version for version, _interview in texts.values()]
    origins = text_facts.origins(db, rights, versions)
    importers = text_facts.importers(db, rights, origins)
    speakers.load_approved(db, versions)
    return {
        version.id: _Renderer(
            rights,
            interview,
            version,
            TextReader(rights, interview, Redactor(db, interview, hidden[interview.id], version)),
            origins[version.id],
            importers.get(version.id, ""),
        )
        for version, interview in texts.values()
    }


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
