"""Content of an interview page, loaded with the reader's rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.actions.holdings import playback
from archive.actions.transcripts import rendition
from archive.actions.transcripts import versions as transcript_versions
from archive.actions.transcripts.rendition import Turn
from archive.models import Annotation, Interview, TranscriptVersion


@dataclass(frozen=True, kw_only=True)
class ReadingTurn:
    """A turn with the index points that start in it.

    `begins_part` for the first turn of a recording, and where the text goes on in another one.
    """

    turn: Turn
    begins_part: bool = False
    headings: Sequence[Annotation] = ()


@dataclass(frozen=True, kw_only=True)
class ReadingPage:
    """Content of an interview page. `version` is None if there is none, or if it is withheld.

    `withheld` is the code of the reason, or empty. `versions` are those that the reader may read,
    the newest first. `closed_parts` are the numbers of the recordings of which the reader may
    know, and which the reader may not hear.
    """

    interview: Interview
    version: TranscriptVersion | None
    withheld: str
    turns: Sequence[ReadingTurn]
    contents: Sequence[Annotation]
    playables: Sequence[playback.Playable]
    closed_parts: Sequence[int]
    versions: Sequence[TranscriptVersion]


def load_page(
    db: Session, rights: Rights, interview: Interview, *, number: int | None = None
) -> ReadingPage:
    """Load the page for one reader, with the current version or version `number`."""
    access.require(rights, "know", access.Scope(interview))
    versions = transcript_versions.list_versions(db, interview)
    readable = _readable(rights, interview, versions)
    version = _select(readable, number)
    contents = _contents(db, rights, interview)
    parts = {recording.id: recording.part for recording in interview.recordings}
    turns = rendition.for_reader(db, rights, interview, version).turns if version else []
    return ReadingPage(
        interview=interview,
        version=version,
        withheld=_reason(rights, interview, versions) if version is None else "",
        turns=_with_headings(turns, contents, parts),
        contents=_in_order(contents, parts),
        playables=playback.playables_of(db, rights, interview),
        closed_parts=playback.closed_parts(rights, interview),
        versions=readable,
    )


def _contents(db: Session, rights: Rights, interview: Interview) -> list[Annotation]:
    """Return the index points of the recordings of which the reader may know."""
    query = (
        select(Annotation)
        .where(Annotation.interview_id == interview.id, Annotation.kind == "index_point")
        .order_by(Annotation.start_ms)
    )
    return [
        point
        for point in db.scalars(query)
        if access.may(rights, "know", _scope_of_point(interview, point))
    ]


def _scope_of_point(interview: Interview, point: Annotation) -> access.Scope:
    end_ms = point.start_ms if point.end_ms is None else point.end_ms
    of_interview = any(point.recording_id == recording.id for recording in interview.recordings)
    recording_id = point.recording_id if of_interview else None
    return access.Scope(interview, recording_id=recording_id, span_ms=(point.start_ms, end_ms))


def readable_version(
    db: Session, rights: Rights, interview: Interview, *, number: int | None = None
) -> TranscriptVersion | None:
    """Return the version that `load_page` would show, without loading its segments."""
    access.require(rights, "know", access.Scope(interview))
    return _select(
        _readable(rights, interview, transcript_versions.list_versions(db, interview)), number
    )


def _readable(
    rights: Rights, interview: Interview, versions: Sequence[TranscriptVersion]
) -> list[TranscriptVersion]:
    return [v for v in versions if access.may(rights, "read", access.Scope(interview, v))]


def _reason(rights: Rights, interview: Interview, versions: Sequence[TranscriptVersion]) -> str:
    """Return why the current version, or the newest one, is not read; empty without one."""
    for version in sorted(versions, key=lambda one: not one.is_current):
        return access.may(rights, "read", access.Scope(interview, version)).reason
    return ""


def _select(readable: Sequence[TranscriptVersion], number: int | None) -> TranscriptVersion | None:
    return next((v for v in readable if (v.number == number if number else v.is_current)), None)


def _with_headings(
    turns: Sequence[Turn], contents: Sequence[Annotation], parts: dict[str, int]
) -> list[ReadingTurn]:
    remaining = list(contents)
    found: list[ReadingTurn] = []
    last_of_part = {turn.part: turn.id for turn in turns}
    for turn in turns:
        # A heading is placed at the segment boundary that is nearest to its time.
        middle = (turn.start_ms + turn.end_ms) // 2
        headings = [
            heading
            for heading in remaining
            if parts.get(heading.recording_id or "", 1) == turn.part
            and (heading.start_ms < middle or last_of_part[turn.part] == turn.id)
        ]
        remaining = [heading for heading in remaining if heading not in headings]
        begins_part = not found or found[-1].turn.part != turn.part
        found.append(ReadingTurn(turn=turn, headings=headings, begins_part=begins_part))
    return found


def _in_order(contents: Sequence[Annotation], parts: dict[str, int]) -> list[Annotation]:
    return sorted(contents, key=lambda a: (parts.get(a.recording_id or "", 1), a.start_ms))
