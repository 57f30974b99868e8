"""Approve a version: the page that shows what it lacks, and the approval itself."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import messages
from archive.access import Refused
from archive.actions.transcripts import approval
from archive.messages import Message
from archive.models import Interview, TranscriptVersion
from archive.web.core import current, forms, loaders

bp = Blueprint("approval", __name__, url_prefix="/versions")

# Above the limit of the action, so that a reason that is too long is returned whole.
MAX_REASON_INPUT = 200_000
SHOWN_AGAIN = ("changed_since_review", "approval_reason_missing", "approval_reason_too_long")


@bp.get("/<version_id>/approve")
def show(version_id: str) -> ResponseReturnValue:
    """Render what the version lacks, with the form that approves it."""
    interview, version = loaders.version(version_id, "approve")
    return _render_page(interview, version, forms.Form({"reason": ""}))


@bp.post("/<version_id>/approve")
def approve(version_id: str) -> ResponseReturnValue:
    """Approve a version: it is frozen and becomes visible to readers."""
    interview, version = loaders.version(version_id, "approve")
    form = forms.from_request({"reason": MAX_REASON_INPUT})
    change = None
    try:
        approval.approve(
            current.db(),
            current.rights(),
            interview,
            version,
            seal=request.form.get("seal", ""),
            reason=form.values["reason"],
        )
    except Refused as refused:
        if refused.code not in SHOWN_AGAIN:
            raise
        message = messages.for_code(refused.code, **refused.facts)
        if refused.code == "changed_since_review":
            change = message
        else:
            form.problems["reason"] = message.beside_field
        return _render_page(interview, version, form, change), 422
    flash(_("Version %(number)d is approved and no longer changes.", number=version.number))
    return redirect(url_for("interviews.show", accession=interview.accession), 303)


def _render_page(
    interview: Interview,
    version: TranscriptVersion,
    form: forms.Form,
    change: Message | None = None,
) -> str:
    """Render the page; `change` is the message of a text that was changed meanwhile."""
    return render_template(
        "transcripts/approval/show.html",
        interview=interview,
        version=version,
        can_be_approved=version.state in approval.APPROVABLE_STATES,
        review=approval.review(current.db(), current.rights(), interview, version),
        form=form,
        change=change,
        longest_reason=approval.LONGEST_APPROVAL_REASON,
    )
