"""Editor API: load a version, save a segment, change the structure.

Every write names its base revision (`If-Match`) and an `Idempotency-Key`, so that a browser may
repeat it until it gets a response. The contract, with every status, is in `docs/editor-api.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from archive.actions.editing import idempotency, segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.hidden_words import redactor_for
from archive.actions.editing.segments import (
    EditConflict,
    SegmentRefused,
    SegmentReplaced,
    StaleSegment,
)
from archive.models import Segment
from archive.web.core import current, errors, loaders
from archive.web.editing import api_request, api_response, structure

bp = Blueprint("editing", __name__, url_prefix="/api/v1")

StatusAndJson = tuple[int, dict[str, Any]]
MAX_WORDS_SPAN_MS = 60 * 60 * 1000


@bp.get("/transcripts/<version_id>")
def load_transcript(version_id: str) -> ResponseReturnValue:
    """Return head and segments; with `?since=<revision>` only changes and ended segments."""
    draft = loaders.draft(version_id, "see_history")
    version, redact = draft.version, redactor_for(draft)
    since = api_request.integer_argument("since", None)
    with_words = request.args.get("words", "0") == "1"
    if since is None:
        rows: list[Segment] = version.segments
        ended: list[dict[str, Any]] = []
    else:
        changed = segments.changed_since(current.db(), version, since)
        rows = [s for s in changed if s.ended_at is None]
        ended = [{"id": s.id, "replaced_by": s.replaced_by} for s in changed if s.ended_at]
    answer = jsonify(
        id=version.id,
        number=version.number,
        state=version.state,
        revision=version.revision,
        language=version.language,
        user=draft.rights.actor.user_id,
        ended=ended,
        segments=[
            api_response.segment_json(s, draft.interview, with_words=with_words, redact=redact)
            for s in rows
        ],
    )
    answer.set_etag(f"t-{version.revision}")
    return answer


@bp.get("/transcripts/<version_id>/ticket")
def ticket(version_id: str) -> ResponseReturnValue:
    """Return the user and a fresh form token, for a sign-in beside the open editor."""
    _interview, version = loaders.version(version_id, "see_history")
    return jsonify(
        user=current.rights().actor.user_id, csrf=generate_csrf(), revision=version.revision
    )


@bp.get("/transcripts/<version_id>/words")
def words(version_id: str) -> ResponseReturnValue:
    """Return the words of segments that overlap a time span of at most an hour, by segment."""
    draft = loaders.draft(version_id, "see_history")
    redact = redactor_for(draft)
    start = api_request.integer_argument("from", 0) or 0
    end = min(
        api_request.integer_argument("to", None) or start + MAX_WORDS_SPAN_MS,
        start + MAX_WORDS_SPAN_MS,
    )
    return jsonify(
        words={
            s.id: redact(s, s.recording_id).words
            for s in draft.version.segments
            if s.start_ms < end and s.end_ms > start
        }
    )


@bp.patch("/segments/<segment_id>")
def save(segment_id: str) -> ResponseReturnValue:
    """Change text, times, speaker, state or flags of one segment."""
    draft, segment = loaders.segment_in_draft(segment_id, "correct")
    body = api_request.body()
    if "If-Match" not in request.headers:
        return errors.respond(428, "if_match_missing")

    def execute(operation: str) -> StatusAndJson:
        saved = segments.save(
            draft,
            segment,
            api_request.segment_change(body),
            based_on=api_request.revision(request.headers["If-Match"]),
            operation=operation,
        )
        return 200, api_response.saved_json(saved, draft)

    return _run_once(draft, {**body, "segment": segment_id}, execute)


@bp.post("/transcripts/<version_id>/ops")
def apply_operations(version_id: str) -> ResponseReturnValue:
    """Apply a list of structural operations: all of them, or none."""
    draft = loaders.draft(version_id, "correct")
    body = api_request.body()
    operations = body.get("ops")
    if not isinstance(operations, list) or not 0 < len(operations) <= 500:
        raise SegmentRefused(field="ops", why="missing")

    def execute(operation: str) -> StatusAndJson:
        changed_segments, is_fitted = structure.apply_operations(draft, operations, operation)
        to_json = partial(api_response.segment_json, interview=draft.interview, with_words=True)
        return 200, {
            "revision": draft.version.revision,
            "state": draft.version.state,
            "segments": [to_json(s) for s in changed_segments if not s.ended_at],
            "ended": [
                {"id": s.id, "replaced_by": s.replaced_by} for s in changed_segments if s.ended_at
            ],
            "fitted": is_fitted,
        }

    return _run_once(draft, {**body, "version": version_id}, execute)


@bp.get("/segments/<segment_id>/revisions")
def revisions(segment_id: str) -> ResponseReturnValue:
    """Return all revisions of a segment, newest first."""
    draft, segment = loaders.segment_in_draft(segment_id, "see_history")
    redact = redactor_for(draft)
    return jsonify(
        revisions=[
            api_response.revision_json(revision, segment.recording_id, redact)
            for revision in segments.revisions(draft.db, segment)
        ]
    )


@bp.post("/segments/<segment_id>/revert")
def revert(segment_id: str) -> ResponseReturnValue:
    """Restore an earlier revision as a new one; with `fit`, at times that keep the order."""
    draft, segment = loaders.segment_in_draft(segment_id, "correct")
    body = api_request.body()

    def execute(operation: str) -> StatusAndJson:
        saved = segments.restore(
            draft,
            segment,
            revision=api_request.integer(body, "rev"),
            fit=api_request.flag(body, "fit"),
            operation=operation,
        )
        return 200, {**api_response.saved_json(saved, draft), "fitted": saved.is_fitted}

    return _run_once(draft, {**body, "segment": segment_id}, execute)


def _run_once(
    draft: Draft, body: dict[str, Any], execute: Callable[[str], StatusAndJson]
) -> ResponseReturnValue:
    """Execute a request once; repeated requests get the stored response."""
    key = request.headers.get("Idempotency-Key", "")
    db, rights = draft.db, draft.rights
    try:
        earlier = idempotency.claim_key(db, rights, key, body)
        if earlier is not None:
            return jsonify(earlier.answer), earlier.status
        status, answer = execute(key)
        idempotency.store_response(db, rights, key, status=status, answer=answer)
    except SegmentReplaced as replaced:
        db.rollback()  # undoes earlier operations of the same list
        return jsonify(api_response.replaced_json(replaced.segment_id)), 410
    except StaleSegment as stale:
        db.rollback()
        return jsonify(api_response.stale_json(stale.segment_id, draft.interview)), 412
    except EditConflict as conflict:
        status, answer = 412, api_response.conflict_json(conflict, draft.interview)
        idempotency.store_response(db, rights, key, status=status, answer=answer)
        current.commit_despite_error()
    return jsonify(answer), status
