"""The editor's API: read a version, save a segment, change the structure.

Every write names the revision it began from (`If-Match`) and itself
(`Idempotency-Key`), so that a browser may repeat it until it knows the answer.
The contract, with every status, is in `docs/editor-api.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from archive.access import NotVisible
from archive.actions import desk, operations, segments, speakers
from archive.actions.segments import Change, Conflict, Replaced, Saved, SegmentRefused
from archive.models import Interview, Segment, SegmentRevision, TranscriptVersion
from archive.web import current, loaders

bp = Blueprint("editing", __name__, url_prefix="/api/v1")

Answer = tuple[int, dict[str, Any]]
MOST_WORDS_MS = 60 * 60 * 1000
LONGEST_BODY_BYTES = 2 * 1024 * 1024
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_REVISION = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


@bp.get("/transcripts/<version_id>")
def transcript(version_id: str) -> ResponseReturnValue:
    """Head and segments; `?since=<revision>` only what changed, with the ended ones."""
    interview, version = loaders.version(version_id, "see_history")
    since = _asked("since", None)
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
        segments=[as_json(s, interview, with_words=with_words) for s in rows], ended=ended,
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
    start = _asked("from", 0) or 0
    end = min(_asked("to", None) or start + MOST_WORDS_MS, start + MOST_WORDS_MS)
    return jsonify(
        words={s.id: s.words for s in version.segments if s.start_ms < end and s.end_ms > start}
    )


@bp.patch("/segments/<segment_id>")
def save(segment_id: str) -> ResponseReturnValue:
    """Change text, times, speaker, state or flags of one segment."""
    interview, version, segment = loaders.segment(segment_id, "correct")
    body = _body()
    if "If-Match" not in request.headers:
        return jsonify(error="if_match_missing"), 428

    def run(operation: str) -> Answer:
        saved = segments.save(
            current.db(), current.actor(), interview, version, segment, _change(body),
            based_on=_revision(request.headers["If-Match"]), operation=operation,
        )  # fmt: skip
        return 200, _saved(saved, version, interview)

    return _once({**body, "segment": segment_id}, run, interview)


@bp.post("/transcripts/<version_id>/ops")
def operate(version_id: str) -> ResponseReturnValue:
    """Split, merge, drop or name the speaker of segments: all of the list, or none of it."""
    interview, version = loaders.version(version_id, "correct")
    body = _body()
    listed = body.get("ops")
    if not isinstance(listed, list) or not 0 < len(listed) <= 500:
        return jsonify(error="segment_refused", field="ops"), 422

    def run(operation: str) -> Answer:
        touched: dict[str, Segment] = {}
        for step in listed:
            kind = step.get("op") if isinstance(step, dict) else None
            if not isinstance(kind, str) or kind not in _STEPS:
                raise SegmentRefused(field="op", why="unknown")
            for segment in _STEPS[kind](step, interview, version, operation):
                touched[segment.id] = segment
        return 200, {
            "revision": version.revision,
            "state": version.state,
            "segments": [
                as_json(s, interview, with_words=True) for s in touched.values() if not s.ended_at
            ],
            "ended": [
                {"id": s.id, "replaced_by": s.replaced_by} for s in touched.values() if s.ended_at
            ],
        }

    return _once({**body, "version": version_id}, run, interview)


@bp.get("/segments/<segment_id>/revisions")
def revisions(segment_id: str) -> ResponseReturnValue:
    """Every state a segment has been in, the newest first."""
    _interview, _version, segment = loaders.segment(segment_id, "see_history")
    return jsonify(
        revisions=[_revision_as_json(r) for r in segments.revisions(current.db(), segment)]
    )


@bp.post("/segments/<segment_id>/revert")
def revert(segment_id: str) -> ResponseReturnValue:
    """Bring an earlier state back, as a new revision."""
    interview, version, segment = loaders.segment(segment_id, "correct")
    body = _body()

    def run(operation: str) -> Answer:
        saved = segments.restore(
            current.db(), current.actor(), interview, version, segment,
            revision=_number(body, "revision"), operation=operation,
        )  # fmt: skip
        return 200, _saved(saved, version, interview)

    return _once({**body, "segment": segment_id}, run, interview)


def as_json(segment: Segment, interview: Interview, *, with_words: bool) -> dict[str, Any]:
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
    except operations.KeyMissing:
        return jsonify(error="idempotency_key_missing"), 428
    except operations.KeyReused:
        return jsonify(error="idempotency_key_reused"), 409
    except Replaced as replaced:
        return jsonify(error=replaced.code, replaced_by=replaced.by), 410
    except Conflict as conflict:
        status, answer = 412, _conflict(conflict, interview)
        operations.keep_answer(db, actor, key, status=status, answer=answer)
        current.keep_changes()
    return jsonify(answer), status


def _split(
    step: dict[str, Any], interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    at_ms = _number(step, "at_ms") if step.get("at_ms") is not None else None
    return list(
        segments.split(
            current.db(), current.actor(), interview, version, _segment(step, "seg", version),
            based_on=_number(step, "rev"), char=_number(step, "char"), at_ms=at_ms,
            new_id=_id(step, "new_id"), operation=operation,
        )
    )  # fmt: skip


def _merge(
    step: dict[str, Any], interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    ids, revs = step.get("ids"), step.get("revs")
    if not (isinstance(ids, list) and isinstance(revs, list) and len(ids) == len(revs) == 2):
        raise SegmentRefused(field="ids", why="two_are_needed")
    first, second = (_segment({"seg": i}, "seg", version) for i in ids)
    segments.merge(
        current.db(), current.actor(), interview, version, first, second,
        based_on=(_number({"rev": revs[0]}, "rev"), _number({"rev": revs[1]}, "rev")),
        operation=operation,
    )  # fmt: skip
    return [first, second]


def _drop(
    step: dict[str, Any], interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    segment = _segment(step, "seg", version)
    segments.drop(
        current.db(), current.actor(), interview, version, segment,
        based_on=_number(step, "rev"), reason=_text(step, "reason"), operation=operation,
    )  # fmt: skip
    return [segment]


def _name_speaker(
    step: dict[str, Any], interview: Interview, version: TranscriptVersion, operation: str
) -> list[Segment]:
    ids = step.get("ids")
    if not isinstance(ids, list) or not ids:
        raise SegmentRefused(field="ids", why="missing")
    chosen = [_segment({"seg": i}, "seg", version) for i in ids]
    segments.name_speaker(
        current.db(), current.actor(), interview, version, chosen,
        speaker=_text(step, "speaker"), operation=operation,
    )  # fmt: skip
    return chosen


_STEPS = {"split": _split, "merge": _merge, "delete": _drop, "set_speaker": _name_speaker}


def _segment(step: dict[str, Any], name: str, version: TranscriptVersion) -> Segment:
    found = current.db().get(Segment, _id(step, name))
    if found is None or found.version_id != version.id:
        raise NotVisible
    return found


def _change(body: dict[str, Any]) -> Change:
    flags = body.get("flags")
    if flags is not None and not (
        isinstance(flags, list) and all(isinstance(flag, str) for flag in flags)
    ):
        raise SegmentRefused(field="flags", why="not_a_list")
    return Change(
        text=_text(body, "text") if body.get("text") is not None else None,
        start_ms=_number(body, "start") if body.get("start") is not None else None,
        end_ms=_number(body, "end") if body.get("end") is not None else None,
        speaker=_text(body, "speaker") if body.get("speaker") is not None else None,
        state=_text(body, "state") if body.get("state") is not None else None,
        flags=tuple(flags) if flags is not None else None,
    )


def _saved(saved: Saved, version: TranscriptVersion, interview: Interview) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "segment": as_json(saved.segment, interview, with_words=True),
        "merged": saved.merged_with is not None,
        "revision": version.revision,
        "state": version.state,
    }
    if saved.merged_with is not None:
        answer["theirs"] = {"rev": saved.merged_with}
    return answer


def _conflict(conflict: Conflict, interview: Interview) -> dict[str, Any]:
    return {
        "error": conflict.code,
        "base": conflict.base,
        "theirs": as_json(conflict.theirs, interview, with_words=True),
        "yours": conflict.yours,
        "draft_id": conflict.draft_id,
        "hunks": [
            {"at": h.at, "base": h.base, "theirs": h.theirs, "yours": h.yours}
            for h in conflict.hunks
        ],
    }


def _revision_as_json(revision: SegmentRevision) -> dict[str, Any]:
    return {
        "rev": revision.revision, "text": revision.text, "start": revision.start_ms,
        "end": revision.end_ms, "speaker": revision.contribution_id or revision.speaker_label,
        "state": revision.state, "kind": revision.kind, "reason": revision.reason,
        "by": revision.author_id, "at": revision.at.isoformat(),
    }  # fmt: skip


def _asked(name: str, default: int | None) -> int | None:
    """A number of the address; what is none, or larger than any of ours, counts as not said."""
    value = request.args.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else default


def _body() -> dict[str, Any]:
    request.max_content_length = LONGEST_BODY_BYTES
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # brackets in brackets in brackets
        body = None
    if not isinstance(body, dict):
        raise SegmentRefused(field="body", why="not_an_object")
    return body


def _revision(header: str) -> int:
    """The revision that a browser names; -1, which no segment ever had, for anything else."""
    found = _REVISION.fullmatch(header.strip())
    return int(found[1]) if found else -1


def _number(step: dict[str, Any], name: str) -> int:
    value = step.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31 - 1:
        raise SegmentRefused(field=name, why="not_a_number")
    return value


def _text(step: dict[str, Any], name: str) -> str:
    value = step.get(name)
    if not isinstance(value, str) or len(value) > 50_000:
        raise SegmentRefused(field=name, why="not_a_text")
    return value


def _id(step: dict[str, Any], name: str) -> str:
    value = step.get(name)
    if not isinstance(value, str) or not _ULID.fullmatch(value):
        raise SegmentRefused(field=name, why="not_an_id")
    return value
