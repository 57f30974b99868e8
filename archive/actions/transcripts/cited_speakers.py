"""Who speaks in a cited passage and whether it was heard, as far as the reader may have it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights, Scope
from archive.actions.transcripts import rendition
from archive.actions.transcripts.citations import CitedSpeaker
from archive.actions.transcripts.rendition import Turn
from archive.actions.transcripts.speakers import VersionSpeakers
from archive.models import Interview, TranscriptVersion


def speakers_of_passage(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    segment_ids: Sequence[str],
    *,
    part: int,
) -> tuple[CitedSpeaker, ...]:
    """Return those who speak in these segments, each once, in the order of their first turn.

    Empty where the reader may not read the text. Turns that are closed to the reader are left
    out, with who speaks there; where all are, the speaker has no name.
    """
    if not access.may(rights, "read", Scope(interview, version)):
        return ()
    turns = rendition.select_turns(db, rights, {version.id: (version, interview)}, segment_ids)
    of_version = VersionSpeakers(rights, interview, version)
    passage = [turns[one] for one in segment_ids if one in turns and turns[one].part == part]
    found: dict[str, CitedSpeaker] = {}
    for turn in passage:
        if not turn.is_closed:
            speaker = _cited_speaker(of_version, interview, turn)
            # Two persons of an interview may have one name.
            found.setdefault(turn.contribution_id or speaker.name, speaker)
    if passage and not found:
        return (CitedSpeaker(""),)
    return tuple(found.values())


def has_unheard(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    segment_ids: Sequence[str],
) -> bool:
    """Return whether the reader gets words of these segments that a person should hear, unheard."""
    if not access.may(rights, "read", Scope(interview, version)):
        return False
    turns = rendition.select_turns(db, rights, {version.id: (version, interview)}, segment_ids)
    return any(turn.is_unheard for turn in turns.values())


def _cited_speaker(of_version: VersionSpeakers, interview: Interview, turn: Turn) -> CitedSpeaker:
    """Return the full name of a person of the interview, else the name that the text has."""
    contribution = next((c for c in interview.contributions if c.id == turn.contribution_id), None)
    if contribution is None:
        return CitedSpeaker(turn.speaker.full, turn.speaker.role)
    return CitedSpeaker(of_version.participant(contribution).name.full, turn.speaker.role)
