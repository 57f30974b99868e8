"""What the editor's API says: segments, and the shapes of saved, conflict, stale and gone."""

from __future__ import annotations

from typing import Any

from archive.actions import desk, segments, speakers
from archive.actions.segments import Conflict, Saved
from archive.models import Interview, Segment, SegmentRevision, TranscriptVersion
from archive.web import current, messages


def of_segment(segment: Segment, interview: Interview, *, with_words: bool) -> dict[str, Any]:
    """A segment as the browser knows it; times in ms of its recording."""
    speaker = speakers.of_segment(segment, interview)
    told: dict[str, Any] = {
        "id": segment.id,
        "pos": segment.position,
        "rev": segment.revision,
        "recording": segment.recording_id,
        "start": segment.start_ms,
        "end": segment.end_ms,
        "speaker": segment.contribution_id or segment.speaker_label,
        "speaker_name": speaker.short,
        "role": speaker.role,
        "text": segment.text,
        "state": segment.state,
        "flags": segment.flags,
        "by": segment.updated_by_id,
        "by_name": desk.author(current.db(), segment),
        "at": segment.updated_at.isoformat(),
    }
    if with_words:
        told["words"] = segment.words
    return told


def saved(told: Saved, version: TranscriptVersion, interview: Interview) -> dict[str, Any]:
    """A save that was carried out, perhaps together with somebody else's."""
    answer: dict[str, Any] = {
        "segment": of_segment(told.segment, interview, with_words=True),
        "merged": told.merged_with is not None,
        "revision": version.revision,
        "state": version.state,
    }
    if told.merged_with is not None:
        answer["theirs"] = {
            "rev": told.merged_with.revision,
            "by": told.merged_with.author_id,
            "by_name": desk.name_of(current.db(), told.merged_with.author_id),
        }
    return answer


def conflict(met: Conflict, interview: Interview) -> dict[str, Any]:
    """Both texts, and where they differ: nothing was overwritten."""
    return {
        "error": met.code,
        "base": met.base,
        "theirs": of_segment(met.theirs, interview, with_words=True),
        "yours": met.yours,
        "draft_id": met.draft_id,
        "hunks": [
            {"at": h.at, "base": h.base, "theirs": h.theirs, "yours": h.yours} for h in met.hunks
        ],
    }


def stale(segment_id: str, interview: Interview) -> dict[str, Any]:
    """What a step met instead of the state that it was thought out on."""
    now = current.db().get(Segment, segment_id)
    return {
        "error": "stale",
        "message": messages.for_code("stale").happened,
        "theirs": of_segment(now, interview, with_words=True) if now is not None else None,
    }


def gone(segment_id: str) -> dict[str, Any]:
    """Where the words of an ended segment are now, so that a change can be sent there."""
    ended = current.db().get(Segment, segment_id)
    places = segments.where_now(current.db(), ended) if ended is not None else []
    return {
        "error": "segment_replaced",
        "message": messages.for_code("segment_replaced").happened,
        "replaced_by": [place.segment.id for place in places],
        "map": [
            {
                "id": place.segment.id, "rev": place.segment.revision,
                "text": place.segment.text, "at": place.at, "length": place.length,
            }
            for place in places
        ],
    }  # fmt: skip


def of_revision(revision: SegmentRevision) -> dict[str, Any]:
    """A line of a segment's history."""
    return {
        "rev": revision.revision, "text": revision.text, "start": revision.start_ms,
        "end": revision.end_ms, "speaker": revision.contribution_id or revision.speaker_label,
        "state": revision.state, "kind": revision.kind, "reason": revision.reason,
        "by": revision.author_id, "at": revision.at.isoformat(),
    }  # fmt: skip
