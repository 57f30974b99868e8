"""Versions: submit, withdraw, reopen; history, comparison, export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import messages
from archive.access import NotVisible
from archive.actions.editing import segments
from archive.actions.editing.segments import SegmentRefused
from archive.actions.transcripts import (
    comparison,
    exports,
    labels,
    redaction,
    text_facts,
    versions,
)
from archive.actions.transcripts import history as history_of
from archive.actions.transcripts.comparison import TextState
from archive.messages import import_remarks
from archive.models import Interview, TranscriptVersion
from archive.web.core import current, file_responses, forms, language, loaders
from transcription import timecode

bp = Blueprint("versions", __name__, url_prefix="/versions")


@bp.post("/<version_id>/hand-in")
def submit(version_id: str) -> ResponseReturnValue:
    """Submit a corrected version for approval."""
    interview, version = loaders.version(version_id, "correct")
    versions.submit(current.db(), current.rights(), interview, version)
    flash(_("The correction was submitted for approval."))
    return _redirect_to_interview(interview)


@bp.post("/<version_id>/take-back")
def withdraw(version_id: str) -> ResponseReturnValue:
    """Withdraw a submitted version, to continue correcting."""
    interview, version = loaders.version(version_id, "correct")
    versions.withdraw(current.db(), current.rights(), interview, version)
    return redirect(url_for("editor.show", version_id=version.id), 303)


@bp.post("/<version_id>/reopen")
def reopen(version_id: str) -> ResponseReturnValue:
    """Open the next version after an approved one, with a reason."""
    interview, version = loaders.version(version_id, "approve")
    reason = request.form.get("reason", "")[:500]
    following = versions.open_next(
        current.db(), current.rights(), interview, version, reason=reason
    )
    return redirect(url_for("editor.show", version_id=following.id), 303)


@bp.get("/<version_id>/history")
def history(version_id: str) -> ResponseReturnValue:
    """Render the changes by people, newest first; with `from` and `to`, compare two states."""
    interview, version = loaders.version(version_id, "see_history")
    if not {"from", "to"} & request.args.keys():
        return _render_history(interview, version)
    db = current.db()
    states = comparison.list_states(db, interview)
    before, after = _default_pair(states, version)
    by_name = {state.name: state for state in states}
    pair = [
        by_name.get(request.args.get(name, default.name))
        for name, default in (("from", before), ("to", after))
    ]
    if pair[0] is None or pair[1] is None:
        return _render_history(interview, version, is_unknown_state=True), 422
    before, after = pair[0], pair[1]
    return _render_page(
        "transcripts/versions/comparison.html",
        interview,
        version,
        states=states,
        before=before,
        after=after,
        comparison=comparison.compare_states(db, current.rights(), interview, before, after),
    )


@bp.post("/<version_id>/restore")
def restore(version_id: str) -> ResponseReturnValue:
    """Restore an earlier revision of a segment as a new revision, with a reason.

    Where its times no longer fit between the neighbours, the page offers them fitted.
    """
    draft = loaders.draft(version_id, "correct")
    form = forms.from_request({"segment": 26, "revision": 9, "reason": segments.LONGEST_REASON})
    _interview, segment_version, segment = loaders.segment(form.values["segment"], "correct")
    revision = form.whole_number("revision", lowest=1, highest=10**9, message="")
    if segment_version.id != draft.version.id or revision is None:
        raise NotVisible
    try:
        saved = segments.restore(
            draft,
            segment,
            revision=revision,
            fit=request.form.get("fit") == "yes",
            reason=form.values["reason"],
        )
    except SegmentRefused as refused:
        if not refused.facts.get("can_fit"):
            raise
        why = messages.for_code(refused.code, **refused.facts).summary
        return _render_history(draft.interview, draft.version, fit={"why": why, **form.values}), 422
    if saved.is_fitted:
        flash(_("The earlier text was restored, at the nearest times between its neighbours."))
    else:
        flash(_("The earlier text was restored. Nothing was erased; this is a new change."))
    return redirect(url_for(".history", version_id=version_id) + f"#s-{segment.id}", 303)


@bp.get("/<version_id>/export/<format_name>")
def export(version_id: str, format_name: str) -> ResponseReturnValue:
    """Return a version as a file, with its label, number and source line."""
    interview, version = loaders.version(version_id, "download")
    exported = exports.export(
        current.db(),
        current.rights(),
        interview,
        version,
        format_name,
        _export_labels(interview, version),
    )
    return Response(
        exported.content,
        mimetype=exported.media_type,
        headers={
            "Content-Disposition": file_responses.content_disposition(
                "attachment", exported.filename
            )
        },
    )


def _default_pair(
    states: Sequence[TextState], version: TranscriptVersion
) -> tuple[TextState, TextState]:
    """Return the state that follows in the list, which this version started from, and its own."""
    index = next(i for i, state in enumerate(states) if state.version is version)
    return states[min(index + 1, len(states) - 1)], states[index]


def _render_history(
    interview: Interview,
    version: TranscriptVersion,
    *,
    is_unknown_state: bool = False,
    fit: Mapping[str, str] | None = None,
) -> str:
    """Render the history; `fit` is a restore form whose times no longer fit, and why."""
    states = comparison.list_states(current.db(), interview)
    before, after = _default_pair(states, version)
    return _render_page(
        "transcripts/versions/history.html",
        interview,
        version,
        changes=history_of.changes(current.db(), current.rights(), interview, version),
        most_changes=history_of.MAX_CHANGES,
        remarks=_import_remarks(interview, version),
        comparison=None,
        states=states,
        before=before,
        after=after,
        is_unknown_state=is_unknown_state,
        fit=fit,
    )


def _import_remarks(
    interview: Interview, version: TranscriptVersion
) -> list[import_remarks.Remark]:
    """Return the remarks about the imported file, without its words beside hidden spans.

    The lines that a remark quotes have no times, so no span can be found in them.
    """
    found = import_remarks.remarks(version.options.get("noticed", []))
    if redaction.hidden_spans(current.db(), [interview.id])[interview.id]:
        return [replace(remark, quoted="") for remark in found]
    return found


def _render_page(
    template: str, interview: Interview, version: TranscriptVersion, **variables: object
) -> str:
    db = current.db()
    listed = versions.list_versions(db, interview)
    return render_template(
        template,
        interview=interview,
        version=version,
        versions=listed,
        facts=text_facts.facts_of(db, current.rights(), listed),
        names=history_of.version_authors(db, interview),
        clock=timecode.format_clock,
        clock_ms=timecode.format_clock_ms,
        **variables,
    )


def _export_labels(interview: Interview, version: TranscriptVersion) -> exports.ExportLabels:
    address = url_for("interviews.show", accession=interview.accession, _external=True)
    return labels.export_labels(
        current.db(), current.rights(), interview, version, language.code(), address=address
    )


def _redirect_to_interview(interview: Interview) -> ResponseReturnValue:
    return redirect(url_for("interviews.show", accession=interview.accession), 303)
