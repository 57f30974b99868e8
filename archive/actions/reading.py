"""Everything that the page of an interview shows, gathered once with the reader's rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor
from archive.actions import playback, speakers, transcripts
from archive.models import Annotation, Interview, Segment, TranscriptVersion


@dataclass(frozen=True, kw_only=True)
class ReadTurn:
    """A segment as readers see it; `headings` are entries of the contents that begin here."""

    segment: Segment
    speaker: speakers.Speaker
    part: int
    headings: Sequence[Annotation] = ()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """`version` is None when there is no text; `withheld` when there is one but not for this
    reader. `versions` are those that the reader may see, the newest first."""

    interview: Interview
    version: TranscriptVersion | None
    withheld: bool
    turns: Sequence[ReadTurn]
    contents: Sequence[Annotation]
    playables: Sequence[playback.Playable]
    versions: Sequence[TranscriptVersion]


def gather(
    db: Session, actor: Actor, interview: Interview, *, number: int | None = None
) -> Reading:
    """The page for one reader; `number` asks for another version than the one shown."""
    access.require(actor, "view", interview)
    every = transcripts.versions(db, interview)
    allowed = _allowed(actor, interview, every)
    version = _chosen(allowed, number)
    contents = db.scalars(
        select(Annotation)
        .where(Annotation.interview_id == interview.id, Annotation.kind == "index_point")
        .order_by(Annotation.start_ms)
    ).all()
    playables = playback.playable(db, interview)
    parts = {p.recording.id: p.recording.part for p in playables}
    return Reading(
        interview=interview,
        version=version,
        withheld=version is None and bool(every),
        turns=_turns(interview, version.segments, contents, parts) if version else [],
        contents=_in_order(contents, parts),
        playables=playables,
        versions=allowed,
    )


def version(
    db: Session, actor: Actor, interview: Interview, *, number: int | None = None
) -> TranscriptVersion | None:
    """The version alone that `gather` would show this reader: no word of it is read."""
    access.require(actor, "view", interview)
    return _chosen(_allowed(actor, interview, transcripts.versions(db, interview)), number)


def _allowed(
    actor: Actor, interview: Interview, every: Sequence[TranscriptVersion]
) -> list[TranscriptVersion]:
    return [v for v in every if access.may(actor, "read", v, interview=interview)]


def _chosen(allowed: Sequence[TranscriptVersion], number: int | None) -> TranscriptVersion | None:
    return next((v for v in allowed if (v.number == number if number else v.is_current)), None)


def _turns(
    interview: Interview, segments: Sequence[Segment], contents: Sequence[Annotation],
    parts: dict[str, int],
) -> list[ReadTurn]:  # fmt: skip
    waiting = list(contents)
    turns = []
    last_of_part = {parts.get(s.recording_id or "", 1): s.id for s in segments}
    for segment in segments:
        part = parts.get(segment.recording_id or "", 1)
        # A heading stands at the border that is nearest to its time.
        middle = (segment.start_ms + segment.end_ms) // 2
        begun = [
            note
            for note in waiting
            if parts.get(note.recording_id or "", 1) == part
            and (note.start_ms < middle or last_of_part[part] == segment.id)
        ]
        waiting = [note for note in waiting if note not in begun]
        speaker = speakers.of_segment(segment, interview)
        turns.append(ReadTurn(segment=segment, speaker=speaker, part=part, headings=begun))
    return turns


def _in_order(contents: Sequence[Annotation], parts: dict[str, int]) -> list[Annotation]:
    return sorted(contents, key=lambda a: (parts.get(a.recording_id or "", 1), a.start_ms))
