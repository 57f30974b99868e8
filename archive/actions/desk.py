"""What the editor's page shows: the segments without their words, the voices, the sound.

The words of three hours are a megabyte that the page does not need before it is drawn;
they are asked for afterwards, an hour at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor
from archive.actions import playback, speakers
from archive.actions.speakers import Speaker
from archive.models import Interview, Segment, TranscriptVersion, User

CHUNK = 25


@dataclass(frozen=True, kw_only=True)
class Line:
    """One segment as a row of the desk. `voice` is what a change of speaker names."""

    id: str
    position: str
    revision: int
    recording_id: str
    part: int
    start_ms: int
    end_ms: int
    text: str
    state: str
    flags: Sequence[str]
    voice: str
    speaker: Speaker


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Somebody who may speak: a contribution's id, or the label of a voice without a record."""

    id: str
    speaker: Speaker


@dataclass(frozen=True, kw_only=True)
class Desk:
    """`chunks` hold CHUNK lines each, so that the browser draws only those in sight."""

    lines: Sequence[Line]
    voices: Sequence[Voice]
    playables: Sequence[playback.Playable]
    may_correct: bool
    may_approve: bool

    @property
    def chunks(self) -> Iterator[Sequence[Line]]:
        """The lines in groups."""
        for first in range(0, len(self.lines), CHUNK):
            yield self.lines[first : first + CHUNK]


def gather(db: Session, actor: Actor, interview: Interview, version: TranscriptVersion) -> Desk:
    """The whole page for one person; raises when the text's history is not theirs to see."""
    access.require(actor, "see_history", version, interview=interview)
    playables = playback.playable(db, interview)
    lines = _lines(db, interview, version, {p.recording.id: p.recording.part for p in playables})
    return Desk(
        lines=lines,
        voices=_voices(interview, lines),
        playables=playables,
        may_correct=bool(access.may(actor, "correct", version, interview=interview)),
        may_approve=bool(access.may(actor, "approve", version, interview=interview)),
    )


def author(db: Session, segment: Segment) -> str:
    """The name of whoever changed a segment last; empty for the machine."""
    return name_of(db, segment.updated_by_id)


def name_of(db: Session, user_id: str | None) -> str:
    """What an account is called; empty for the machine."""
    user = db.get(User, user_id) if user_id else None
    return user.name if user is not None else ""


def _lines(
    db: Session, interview: Interview, version: TranscriptVersion, parts: dict[str, int]
) -> list[Line]:
    known = {c.id: speakers.of_contribution(c) for c in interview.contributions}
    rows = db.execute(
        select(
            Segment.id, Segment.position, Segment.revision, Segment.recording_id,
            Segment.start_ms, Segment.end_ms, Segment.text, Segment.state, Segment.flags,
            Segment.contribution_id, Segment.speaker_label,
        )
        .where(Segment.version_id == version.id, Segment.ended_at.is_(None))
        .order_by(Segment.position, Segment.id)
    )  # fmt: skip
    return [
        Line(
            id=row.id, position=row.position, revision=row.revision,
            recording_id=row.recording_id or "", part=parts.get(row.recording_id or "", 1),
            start_ms=row.start_ms, end_ms=row.end_ms, text=row.text, state=row.state,
            flags=row.flags, voice=row.contribution_id or row.speaker_label,
            speaker=known.get(row.contribution_id or "")
            or speakers.without_record(version, row.speaker_label),
        )
        for row in rows
    ]  # fmt: skip


def _voices(interview: Interview, lines: Sequence[Line]) -> list[Voice]:
    """The people of the interview first, in their order, then whoever else is heard."""
    voices = {
        c.id: Voice(id=c.id, speaker=speakers.of_contribution(c))
        for c in interview.contributions
        if c.role in ("witness", "interviewer")
    }
    for line in lines:
        if line.voice and line.voice not in voices:
            voices[line.voice] = Voice(id=line.voice, speaker=line.speaker)
    return list(voices.values())
