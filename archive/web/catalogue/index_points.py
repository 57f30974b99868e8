"""Index points of an interview, listed as its contents."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import messages
from archive.access import Refused
from archive.actions.catalogue import index_points
from archive.actions.catalogue.index_points import IndexPointInput
from archive.models import Interview
from archive.web.core import current, loaders
from archive.web.core.forms import Form, clean_field
from transcription.timecode import format_clock, parse_timecode

bp = Blueprint("index_points", __name__, url_prefix="/interviews/<accession>/contents")

# Above all limits of the actions, so that too long values are returned whole with a problem.
MAX_POINT_LENGTH = 50_000
FIELD_OF_CODE = {
    "point_title_missing": "title",
    "point_outside": "at",
    "part_unknown": "part",
    "too_many_points": "title",
}
FIELD_OF_FACT = {"synopsis": "text"}


@bp.get("")
def edit(accession: str) -> ResponseReturnValue:
    """Render the form of all index points."""
    return _render_page(loaders.interview(accession, "describe"))


@bp.post("")
def add(accession: str) -> ResponseReturnValue:
    """Add an index point."""
    interview = loaders.interview(accession, "describe")
    form = _form_from_request()
    point = _point_from_form(form)
    if point is not None:
        try:
            index_points.add(current.db(), current.rights(), interview, point)
        except Refused as refused:
            form.add_refusal(refused, FIELD_OF_CODE, FIELD_OF_FACT)
    if not form.is_valid:
        return _render_page(interview, form), 422
    return redirect(url_for("index_points.edit", accession=accession, _anchor="new"), 303)


@bp.post("/<point_id>")
def update(accession: str, point_id: str) -> ResponseReturnValue:
    """Update time, part, title and synopsis of an index point."""
    interview = loaders.interview(accession, "describe")
    form = _form_from_request()
    point = _point_from_form(form)
    if point is not None:
        try:
            index_points.update(current.db(), current.rights(), interview, point_id, point)
        except Refused as refused:
            form.add_refusal(refused, FIELD_OF_CODE, FIELD_OF_FACT)
    if not form.is_valid:
        return _render_page(interview, form, point_id), 422
    flash(_("Saved."))
    return redirect(url_for("index_points.edit", accession=accession, _anchor=f"p-{point_id}"), 303)


@bp.post("/<point_id>/remove")
def remove(accession: str, point_id: str) -> ResponseReturnValue:
    """Remove an index point; the next page offers to restore it."""
    interview = loaders.interview(accession, "describe")
    index_points.remove(current.db(), current.rights(), interview, point_id)
    return redirect(url_for("index_points.edit", accession=accession, removed=point_id), 303)


def _render_page(interview: Interview, form: Form | None = None, point_id: str = "") -> str:
    """Render the page; `form` has the rejected values of `point_id`, or of a new index point."""
    db = current.db()
    points = index_points.list_points(db, interview)
    removed = index_points.find_removed(db, interview, request.args.get("removed", "")[:26])
    return render_template(
        "catalogue/index_points/edit.html",
        interview=interview,
        points=points,
        clock=format_clock,
        rejected_form=form if point_id else None,
        rejected_id=point_id,
        form=form if form is not None and not point_id else Form(),
        parts=[recording.part for recording in interview.recordings],
        removed=removed,
    )


def _form_from_request() -> Form:
    return Form(
        {
            name: clean_field(request.form.get(name, ""))[:MAX_POINT_LENGTH]
            for name in ("at", "part", "title", "text")
        }
    )


def _point_from_form(form: Form) -> IndexPointInput | None:
    """Return the submitted index point; None if its time or part is invalid."""
    values = form.values
    start_ms = parse_timecode(values["at"])
    if start_ms is None:
        form.problems["at"] = _("A time looks like 00:41:39 or 41:39.")
    part = values["part"] or "1"
    if not (part.isascii() and part.isdigit() and len(part) < 5):
        form.problems["part"] = messages.for_code("part_unknown").summary
    if start_ms is None or not form.is_valid:
        return None
    return IndexPointInput(
        start_ms=start_ms, title=values["title"], synopsis=values["text"], part=int(part)
    )
