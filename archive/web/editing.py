"""The editor's API: read a version, save a segment, change the structure.

Every write names the revision it began from (`If-Match`) and itself
(`Idempotency-Key`), so that a browser may repeat it until it knows the answer.
The contract, with every status, is in `docs/editor-api.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from archive.actions import operations, segments
from archive.actions.segments import Conflict, Replaced, SegmentRefused, Stale
from archive.models import Interview, Segment
from archive.web import current, editing_answers, editing_steps, errors, loaders
from archive.web import editing_input as said

bp = Blueprint("editing", __name__, url_prefix="/api/v1")

Answer = tuple[int, dict[str, Any]]
MOST_WORDS_MS = 60 * 60 * 1000


@bp.get("/transcripts/<version_id>")
def transcript(version_id: str) -> ResponseReturnValue:
    """Head and segments; `?since=<revision>` only what changed, with the ended ones."""
    interview, version = loaders.version(version_id, "see_history")
    since = said.asked("since", None)
    with_words = request.args.get("words", "0") == "1"
    if since is None:
        rows: list[Segment] = version.segments
        ended: list[dict[str, Any]] = []
    else:
        changed = segments.changed_since(current.db(), version, since)
        rows = [s for s in changed if s.ended_at is None]
        ended = [{"id": s.id, "replaced_by": s.replaced_by} for s in changed if s.ended_at]
    answer = jsonify(
        id=version.id, number=version.number, state=version.state, revision=version.revision,
        language=version.language, ended=ended,
        segments=[editing_answers.of_segment(s, interview, with_words=with_words) for s in rows],
    )  # fmt: skip
    answer.set_etag(f"t-{version.revision}")
    return answer


@bp.get("/transcripts/<version_id>/ticket")
def ticket(version_id: str) -> ResponseReturnValue:
    """Who writes here, and a fresh form token: asked for after a sign-in beside the text."""
    _interview, version = loaders.version(version_id, "see_history")
    return jsonify(user=current.actor().user_id, csrf=generate_csrf(), revision=version.revision)


@bp.get("/transcripts/<version_id>/words")
def words(version_id: str) -> ResponseReturnValue:
    """Words of the segments that touch a span of time, by segment; at most an hour."""
    _interview, version = loaders.version(version_id, "see_history")
    start = said.asked("from", 0) or 0
    end = min(said.asked("to", None) or start + MOST_WORDS_MS, start + MOST_WORDS_MS)
    return jsonify(
        words={s.id: s.words for s in version.segments if s.start_ms < end and s.end_ms > start}
    )


@bp.patch("/segments/<segment_id>")
def save(segment_id: str) -> ResponseReturnValue:
    """Change text, times, speaker, state or flags of one segment."""
    interview, version, segment = loaders.segment(segment_id, "correct")
    body = said.body()
    if "If-Match" not in request.headers:
        return errors.answer(428, "if_match_missing")

    def run(operation: str) -> Answer:
        saved = segments.save(
            current.db(), current.actor(), interview, version, segment, said.change(body),
            based_on=said.revision(request.headers["If-Match"]), operation=operation,
        )  # fmt: skip
        return 200, editing_answers.saved(saved, version, interview)

    return _once({**body, "segment": segment_id}, run, interview)


@bp.post("/transcripts/<version_id>/ops")
def operate(version_id: str) -> ResponseReturnValue:
    """Change the structure, step by step: all of the list, or none of it."""
    interview, version = loaders.version(version_id, "correct")
    body = said.body()
    listed = body.get("ops")
    if not isinstance(listed, list) or not 0 < len(listed) <= 500:
        raise SegmentRefused(field="ops", why="missing")

    def run(operation: str) -> Answer:
        touched = editing_steps.carry_out(listed, interview, version, operation)
        told = partial(editing_answers.of_segment, interview=interview, with_words=True)
        return 200, {
            "revision": version.revision,
            "state": version.state,
            "segments": [told(s) for s in touched if not s.ended_at],
            "ended": [{"id": s.id, "replaced_by": s.replaced_by} for s in touched if s.ended_at],
        }

    return _once({**body, "version": version_id}, run, interview)


@bp.get("/segments/<segment_id>/revisions")
def revisions(segment_id: str) -> ResponseReturnValue:
    """Every state a segment has been in, the newest first."""
    _interview, _version, segment = loaders.segment(segment_id, "see_history")
    return jsonify(
        revisions=[
            editing_answers.of_revision(r) for r in segments.revisions(current.db(), segment)
        ]
    )


@bp.post("/segments/<segment_id>/revert")
def revert(segment_id: str) -> ResponseReturnValue:
    """Bring an earlier state back, as a new revision."""
    interview, version, segment = loaders.segment(segment_id, "correct")
    body = said.body()

    def run(operation: str) -> Answer:
        saved = segments.restore(
            current.db(), current.actor(), interview, version, segment,
            revision=said.number(body, "rev"), operation=operation,
        )  # fmt: skip
        return 200, editing_answers.saved(saved, version, interview)

    return _once({**body, "segment": segment_id}, run, interview)


def _once(
    body: dict[str, Any], run: Callable[[str], Answer], interview: Interview
) -> ResponseReturnValue:
    """Carry a request out once, and give a repeated one the same answer."""
    key = request.headers.get("Idempotency-Key", "")
    db, actor = current.db(), current.actor()
    try:
        earlier = operations.earlier_answer(db, actor, key, body)
        if earlier is not None:
            return jsonify(earlier.answer), earlier.status
        status, answer = run(key)
        operations.keep_answer(db, actor, key, status=status, answer=answer)
    except Replaced as replaced:
        db.rollback()  # what earlier steps of the same list did is not so
        return jsonify(editing_answers.gone(replaced.segment_id)), 410
    except Stale as stale:
        db.rollback()
        return jsonify(editing_answers.stale(stale.segment_id, interview)), 412
    except Conflict as conflict:
        status, answer = 412, editing_answers.conflict(conflict, interview)
        operations.keep_answer(db, actor, key, status=status, answer=answer)
        current.keep_changes()
    return jsonify(answer), status
