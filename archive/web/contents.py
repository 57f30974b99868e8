"""The contents of an interview: index points that a reader jumps to."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive.access import Refused
from archive.actions import contents
from archive.actions.contents import Point
from archive.models import Interview
from archive.web import current, loaders, messages
from archive.web.forms import Form, clean
from transcription.timecode import clock, parse_timecode

bp = Blueprint("contents", __name__, url_prefix="/interviews/<accession>/contents")

# Longer than anything that is taken, so that what is too long comes back whole with a reason.
MOST = 50_000
FIELD_OF_CODE = {"point_title_missing": "title", "point_outside": "at", "part_unknown": "part",
                 "too_many_points": "title"}  # fmt: skip


@bp.get("")
def edit(accession: str) -> ResponseReturnValue:
    """The contents, to be changed."""
    return _page(loaders.interview(accession, "describe"))


@bp.post("")
def add(accession: str) -> ResponseReturnValue:
    """Another entry."""
    interview = loaders.interview(accession, "describe")
    form = _read()
    point = _point(form)
    if point is not None:
        try:
            contents.add(current.db(), current.actor(), interview, point)
        except Refused as refused:
            _tell(form, refused)
    if not form.is_good:
        return _page(interview, form), 422
    return redirect(url_for("contents.edit", accession=accession, _anchor="new"), 303)


@bp.post("/<point_id>")
def change(accession: str, point_id: str) -> ResponseReturnValue:
    """Another time, title or synopsis of an entry."""
    interview = loaders.interview(accession, "describe")
    form = _read()
    point = _point(form)
    if point is not None:
        try:
            contents.change(current.db(), current.actor(), interview, point_id, point)
        except Refused as refused:
            _tell(form, refused)
    if not form.is_good:
        return _page(interview, form, point_id), 422
    flash(_("Saved."))
    return redirect(url_for("contents.edit", accession=accession, _anchor=f"p-{point_id}"), 303)


@bp.post("/<point_id>/remove")
def remove(accession: str, point_id: str) -> ResponseReturnValue:
    """Take an entry out; the next page offers to put it back."""
    interview = loaders.interview(accession, "describe")
    contents.remove(current.db(), current.actor(), interview, point_id)
    return redirect(url_for("contents.edit", accession=accession, removed=point_id), 303)


def _page(interview: Interview, form: Form | None = None, point_id: str = "") -> str:
    """`form` is what somebody typed for the entry `point_id`, or for a new one."""
    db = current.db()
    listed = contents.listed(db, interview)
    gone = contents.removed(db, interview, request.args.get("removed", "")[:26])
    return render_template(
        "contents/edit.html", interview=interview, listed=listed, clock=clock,
        typed=form if point_id else None, typed_id=point_id,
        form=form if form is not None and not point_id else Form(),
        parts=[recording.part for recording in interview.recordings], gone=gone,
    )  # fmt: skip


def _read() -> Form:
    return Form(
        {name: clean(request.form.get(name, ""))[:MOST] for name in ("at", "part", "title", "text")}
    )


def _point(form: Form) -> Point | None:
    """What was typed, as an entry; None when its time or part cannot be read."""
    values = form.values
    start_ms = parse_timecode(values["at"])
    if start_ms is None:
        form.problems["at"] = _("A time looks like 00:41:39 or 41:39.")
    part = values["part"] or "1"
    if not (part.isascii() and part.isdigit() and len(part) < 5):
        form.problems["part"] = messages.for_code("part_unknown").happened
    if start_ms is None or not form.is_good:
        return None
    return Point(start_ms=start_ms, title=values["title"], synopsis=values["text"], part=int(part))


def _tell(form: Form, refused: Refused) -> None:
    name = FIELD_OF_CODE.get(refused.code) or {"synopsis": "text", "title": "title"}.get(
        str(refused.facts.get("field", ""))
    )
    if name is None:
        raise refused
    said = messages.for_code(refused.code, **refused.facts)
    form.problems[name] = said.beside_field
