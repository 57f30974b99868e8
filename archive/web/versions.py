"""The steps of a version: handed in, taken back, approved, opened again; and its history."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive.access import NotVisible
from archive.actions import comparison, exporting, segments, transcripts, wording
from archive.actions import history as history_of
from archive.actions.comparison import State
from archive.models import Interview, TranscriptVersion
from archive.web import current, forms, import_words, language, loaders, serving
from transcription import timecode

bp = Blueprint("versions", __name__, url_prefix="/versions")


@bp.post("/<version_id>/hand-in")
def hand_in(version_id: str) -> ResponseReturnValue:
    """The correction is finished."""
    interview, version = loaders.version(version_id, "correct")
    transcripts.hand_in(current.db(), current.actor(), interview, version)
    flash(_("The correction was handed in for approval."))
    return _back(interview)


@bp.post("/<version_id>/take-back")
def take_back(version_id: str) -> ResponseReturnValue:
    """Go on correcting."""
    interview, version = loaders.version(version_id, "correct")
    transcripts.take_back(current.db(), current.actor(), interview, version)
    return redirect(url_for("editor.show", version_id=version.id), 303)


@bp.post("/<version_id>/approve")
def approve(version_id: str) -> ResponseReturnValue:
    """Freeze the version; readers see it from now on."""
    interview, version = loaders.version(version_id, "approve")
    transcripts.approve(current.db(), current.actor(), interview, version)
    flash(_("Version %(number)d is approved and no longer changes.", number=version.number))
    return _back(interview)


@bp.post("/<version_id>/reopen")
def reopen(version_id: str) -> ResponseReturnValue:
    """Open the next version after an approved one, with the reason."""
    interview, version = loaders.version(version_id, "approve")
    reason = request.form.get("reason", "")[:500]
    following = transcripts.open_next(
        current.db(), current.actor(), interview, version, reason=reason
    )
    return redirect(url_for("editor.show", version_id=following.id), 303)


@bp.get("/<version_id>/history")
def history(version_id: str) -> ResponseReturnValue:
    """What people changed, newest first; with `from` and `to`, two states side by side."""
    interview, version = loaders.version(version_id, "see_history")
    db = current.db()
    states = comparison.states(db, interview)
    before, after = _usual_pair(states, version)
    if not {"from", "to"} & request.args.keys():
        return _history(
            interview, version, states=states, before=before, after=after, is_unknown=False
        )
    known = {state.name: state for state in states}
    wanted = [
        known.get(request.args.get(name, usual.name))
        for name, usual in (("from", before), ("to", after))
    ]
    if wanted[0] is None or wanted[1] is None:
        return _history(
            interview, version, states=states, before=before, after=after, is_unknown=True
        ), 422
    before, after = wanted[0], wanted[1]
    return _page(
        "versions/comparison.html", interview, version, states=states, before=before, after=after,
        compared=comparison.between(db, current.actor(), interview, before, after),
    )  # fmt: skip


@bp.post("/<version_id>/restore")
def restore(version_id: str) -> ResponseReturnValue:
    """Bring an earlier state of one segment back, with the reason, as a new revision."""
    interview, version = loaders.version(version_id, "correct")
    form = forms.read({"segment": 26, "revision": 9, "reason": segments.LONGEST_REASON})
    _owner, of, segment = loaders.segment(form.values["segment"], "correct")
    revision = form.whole("revision", lowest=1, highest=10**9, sentence="")
    if of.id != version.id or revision is None:
        raise NotVisible
    segments.restore(
        current.db(), current.actor(), interview, version, segment,
        revision=revision, reason=form.values["reason"],
    )  # fmt: skip
    flash(_("The earlier words are back. Nothing was erased; this is a new change."))
    return redirect(url_for(".history", version_id=version.id) + f"#s-{segment.id}", 303)


@bp.get("/<version_id>/export/<format_name>")
def export(version_id: str, format_name: str) -> ResponseReturnValue:
    """A version as a file, with its label, number and source line."""
    interview, version = loaders.version(version_id, "read")
    made = exporting.export(
        current.db(), current.actor(), interview, version, format_name,
        _wording(interview, version),
    )  # fmt: skip
    return Response(
        made.content, mimetype=made.media_type,
        headers={"Content-Disposition": serving.disposition("attachment", made.filename)},
    )  # fmt: skip


def _usual_pair(states: Sequence[State], version: TranscriptVersion) -> tuple[State, State]:
    """A version as it is now, and what it grew out of: the state that follows in the list."""
    at = next(i for i, state in enumerate(states) if state.version is version)
    return states[min(at + 1, len(states) - 1)], states[at]


def _history(interview: Interview, version: TranscriptVersion, **facts: object) -> str:
    return _page(
        "versions/history.html", interview, version,
        changes=history_of.changes(current.db(), interview, version),
        most_changes=history_of.MOST_CHANGES,
        remarks=import_words.remarks(version.options.get("noticed", [])),
        label=wording.label(version, language.chosen()), compared=None, **facts,
    )  # fmt: skip


def _page(
    template: str, interview: Interview, version: TranscriptVersion, **facts: object
) -> str:  # fmt: skip
    return render_template(
        template, interview=interview, version=version,
        versions=transcripts.versions(current.db(), interview),
        names=history_of.names(current.db(), interview),
        clock=timecode.clock, clock_ms=timecode.clock_ms, **facts,
    )  # fmt: skip


def _wording(interview: Interview, version: TranscriptVersion) -> exporting.Wording:
    address = url_for("interviews.show", accession=interview.accession, _external=True)
    return wording.wording(current.db(), interview, version, language.chosen(), address=address)


def _back(interview: Interview) -> ResponseReturnValue:
    return redirect(url_for("interviews.show", accession=interview.accession), 303)
