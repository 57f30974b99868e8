"""Content of the editor page: segments without words, speakers, recordings.

The words of three hours are a megabyte; the page loads them afterwards, an hour at a time.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.actions.editing.draft import Draft
from archive.actions.editing.hidden_words import redactor_for
from archive.actions.holdings import playback
from archive.actions.transcripts.speakers import Speaker, VersionSpeakers
from archive.actions.transcripts.words import stored_segments
from archive.models import Segment, User
from archive.models.vocabulary import SegmentState

CHUNK = 25


@dataclass(frozen=True, kw_only=True)
class SegmentRow:
    """One segment of the editor page. `voice` is the contribution id or speaker label."""

    id: str
    position: str
    revision: int
    recording_id: str
    part: int
    start_ms: int
    end_ms: int
    text: str
    state: SegmentState
    flags: Sequence[str]
    voice: str
    speaker: Speaker


@dataclass(frozen=True, kw_only=True)
class SpeakerOption:
    """A speaker to choose; `id` is a contribution id, or the label of an unlinked speaker."""

    id: str
    speaker: Speaker


@dataclass(frozen=True, kw_only=True)
class EditorPage:
    """Content of the editor page for one user."""

    rows: Sequence[SegmentRow]
    speaker_options: Sequence[SpeakerOption]
    playables: Sequence[playback.Playable]
    may_correct: bool
    may_approve: bool

    @property
    def chunks(self) -> Iterator[Sequence[SegmentRow]]:
        """Yield the rows in groups of CHUNK, so that the browser renders only visible ones."""
        for first in range(0, len(self.rows), CHUNK):
            yield self.rows[first : first + CHUNK]


def load_page(draft: Draft) -> EditorPage:
    """Load the page for one user; requires the right to see the history."""
    access.require(draft.rights, "see_history", draft.scope)
    playables = playback.playables_of(draft.db, draft.rights, draft.interview)
    parts = {p.recording.id: p.recording.part for p in playables}
    rows = _load_rows(draft, parts)
    return EditorPage(
        rows=rows,
        speaker_options=_speaker_options(draft, rows),
        playables=playables,
        may_correct=bool(access.may(draft.rights, "correct", draft.scope)),
        may_approve=bool(access.may(draft.rights, "approve", draft.scope)),
    )


def last_editor_name(db: Session, segment: Segment) -> str:
    """Return the name of the last editor of a segment; empty for machine text."""
    return user_name(db, segment.updated_by_id)


def user_name(db: Session, user_id: str | None) -> str:
    """Return the name of a user; empty if there is none."""
    user = db.get(User, user_id) if user_id else None
    return user.name if user is not None else ""


def _load_rows(
    draft: Draft,
    parts: dict[str, int],
) -> list[SegmentRow]:
    of_version = VersionSpeakers(draft.rights, draft.interview, draft.version)
    named = functools.cache(of_version.speaker)  # a text of hours has two or three
    rows = draft.db.execute(
        select(
            Segment.id,
            Segment.position,
            Segment.revision,
            Segment.recording_id,
            Segment.start_ms,
            Segment.end_ms,
            Segment.text,
            Segment.state,
            Segment.flags,
            Segment.contribution_id,
            Segment.speaker_label,
        )
        .where(Segment.version_id == draft.version.id, Segment.ended_at.is_(None))
        .order_by(Segment.position, Segment.id)
    )
    visible = _visible_texts(draft)
    return [
        SegmentRow(
            id=row.id,
            position=row.position,
            revision=row.revision,
            recording_id=row.recording_id or "",
            part=parts.get(row.recording_id or "", 1),
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            text=visible.get(row.id, row.text),
            state=row.state,
            flags=row.flags,
            voice=row.contribution_id or row.speaker_label,
            speaker=named(row.contribution_id, row.speaker_label),
        )
        for row in rows
    ]


def _visible_texts(draft: Draft) -> dict[str, str]:
    """Return the texts without hidden words by segment id; empty if nothing is hidden."""
    redact = redactor_for(draft)
    if not redact.spans:
        return {}
    rows = stored_segments(draft.db, draft.version)
    return {row.id: redact(row, row.recording_id).text for row in rows}


def _speaker_options(draft: Draft, rows: Sequence[SegmentRow]) -> list[SpeakerOption]:
    """Return the listed contributions, then the other speakers of the rows."""
    of_version = VersionSpeakers(draft.rights, draft.interview, draft.version)
    options = {
        c.id: SpeakerOption(id=c.id, speaker=of_version.speaker(c.id, ""))
        for c in draft.interview.listed_contributions
        if c.role in ("witness", "interviewer")
    }
    for row in rows:
        if row.voice and row.voice not in options:
            options[row.voice] = SpeakerOption(id=row.voice, speaker=row.speaker)
    return list(options.values())
