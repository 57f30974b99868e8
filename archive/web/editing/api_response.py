"""JSON of the editor's API: segments, and the bodies for saved, conflict, stale and replaced."""

from __future__ import annotations

from typing import Any

from archive import messages
from archive.actions.editing import page, segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import EditConflict, SaveResult
from archive.actions.transcripts.redactor import Redactor
from archive.actions.transcripts.speakers import VersionSpeakers
from archive.models import Interview, Segment, SegmentRevision
from archive.web.core import current


def segment_json(
    segment: Segment,
    interview: Interview,
    *,
    with_words: bool,
    redact: Redactor | None = None,
) -> dict[str, Any]:
    """Return a segment as JSON, without hidden words for `redact`; times in ms of its recording."""
    visible = redact(segment, segment.recording_id) if redact is not None else segment
    of_version = VersionSpeakers(current.rights(), interview, segment.version)
    speaker = of_version.speaker(segment.contribution_id, segment.speaker_label)
    data: dict[str, Any] = {
        "id": segment.id,
        "pos": segment.position,
        "rev": segment.revision,
        "recording": segment.recording_id,
        "start": segment.start_ms,
        "end": segment.end_ms,
        "speaker": segment.contribution_id or segment.speaker_label,
        "speaker_name": speaker.short,
        "role": speaker.role,
        "text": visible.text,
        "state": segment.state,
        "flags": segment.flags,
        "by": segment.updated_by_id,
        "by_name": page.last_editor_name(current.db(), segment),
        "at": segment.updated_at.isoformat(),
    }
    if with_words:
        data["words"] = visible.words
    return data


def saved_json(saved: SaveResult, draft: Draft) -> dict[str, Any]:
    """Return the response to a save, with the colleague's revision if it was merged."""
    answer: dict[str, Any] = {
        "segment": segment_json(saved.segment, draft.interview, with_words=True),
        "merged": saved.merged_with is not None,
        "revision": draft.version.revision,
        "state": draft.version.state,
    }
    if saved.merged_with is not None:
        answer["theirs"] = {
            "rev": saved.merged_with.revision,
            "by": saved.merged_with.author_id,
            "by_name": page.user_name(current.db(), saved.merged_with.author_id),
        }
    return answer


def conflict_json(conflict: EditConflict, interview: Interview) -> dict[str, Any]:
    """Return both texts and their differences: nothing was overwritten."""
    return {
        "error": conflict.code,
        "base": conflict.base,
        "theirs": segment_json(conflict.theirs, interview, with_words=True),
        "yours": conflict.yours,
        "draft_id": conflict.draft_id,
        "hunks": [
            {"at": hunk.at, "base": hunk.base, "theirs": hunk.theirs, "yours": hunk.yours}
            for hunk in conflict.hunks
        ],
    }


def stale_json(segment_id: str, interview: Interview) -> dict[str, Any]:
    """Return the current state of a segment whose revision does not match the request."""
    now = current.db().get(Segment, segment_id)
    return {
        "error": "stale",
        "message": messages.for_code("stale").summary,
        "theirs": segment_json(now, interview, with_words=True) if now is not None else None,
    }


def replaced_json(segment_id: str) -> dict[str, Any]:
    """Return where the words of an ended segment are now, so that a change can be sent there."""
    ended = current.db().get(Segment, segment_id)
    places = segments.locate_text(current.db(), ended) if ended is not None else []
    return {
        "error": "segment_replaced",
        "message": messages.for_code("segment_replaced").summary,
        "replaced_by": [place.segment.id for place in places],
        "map": [
            {
                "id": place.segment.id,
                "rev": place.segment.revision,
                "text": place.segment.text,
                "at": place.at,
                "length": place.length,
            }
            for place in places
        ],
    }


def revision_json(
    revision: SegmentRevision, recording_id: str | None, redact: Redactor
) -> dict[str, Any]:
    """Return an entry of a segment's history, without hidden words."""
    return {
        "rev": revision.revision,
        "text": redact(revision, recording_id).text,
        "start": revision.start_ms,
        "end": revision.end_ms,
        "speaker": revision.contribution_id or revision.speaker_label,
        "state": revision.state,
        "kind": revision.kind,
        "reason": revision.reason,
        "by": revision.author_id,
        "at": revision.at.isoformat(),
    }
