"""Interviews: the catalogue, one interview's page, and its description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import access, told_dates
from archive.access import Refused
from archive.actions import accessions, collections, interviews, people, places, playback, work
from archive.actions import catalogue as listing
from archive.actions.interviews import DescriptionOutdated
from archive.actions.work import Work
from archive.models import Interview
from archive.models.interview import AUDIENCES, PLATES
from archive.web import current, description, loaders, messages, reading, waves
from archive.web.forms import Form, clean, year_asked

bp = Blueprint("interviews", __name__, url_prefix="/interviews")

ARGUMENTS = ("q", *listing.FACETS, "from", "to", "sort", "set")
WAVE_BARS, WAVE_HEIGHT = 90, 36


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Somebody saved first: their values of the fields that both have changed."""

    message: messages.Message
    theirs: Mapping[str, str]


@bp.get("")
def catalogue() -> ResponseReturnValue:
    """Every interview that the reader may know of."""
    wish = _wish()
    found = listing.page(current.db(), current.actor(), wish)
    return render_template(
        "interviews/catalogue.html", found=found, wish=wish, waves=_waves(found.interviews),
        sorts=listing.SORTS, no_text=listing.NO_TEXT, address=_address, place_label=places.label,
        hearing=_hearing(),
    )  # fmt: skip


@bp.get("/new")
def new() -> ResponseReturnValue:
    """The form of an interview that is not there yet."""
    access.require(current.actor(), "create")
    return _form(description.fresh())


@bp.post("")
def create() -> ResponseReturnValue:
    """Take an interview in."""
    access.require(current.actor(), "create")
    form = description.read()
    if "then" in request.form:
        return _again(form)
    told = description.described(current.db(), current.actor(), form)
    made = None
    if form.is_good:
        try:
            made = interviews.create(
                current.db(), current.actor(), told, accession=form.values["accession"],
                year=_year(),
            )  # fmt: skip
        except Refused as refused:
            description.tell(form, refused)
    if made is None:
        return _form(form), 422
    flash(_("%(accession)s is in the archive.", accession=made.accession))
    _remark(made)
    return redirect(url_for("interviews.show", accession=made.accession), 303)


@bp.get("/date")
def date() -> ResponseReturnValue:
    """How a date as told, or an EDTF, is understood: for the form, while one types."""
    access.require(current.actor(), "create")
    typed = clean(request.args.get("edtf", ""))
    edtf = typed or told_dates.read(clean(request.args.get("told", "")))
    found = description.date_read(edtf)
    if found is None:
        return jsonify(edtf="", words="", known=not edtf)
    return jsonify(edtf=found.edtf, words=found.words, known=True, span=found.span)


@bp.get("/<accession>")
def show(accession: str) -> ResponseReturnValue:
    """The page of an interview."""
    return reading.page(loaders.interview(accession, "view"))


@bp.get("/<accession>/edit")
def edit(accession: str) -> ResponseReturnValue:
    """The description, to be changed."""
    interview = loaders.interview(accession, "describe")
    return _form(description.of(current.db(), current.actor(), interview), interview)


@bp.post("/<accession>/edit")
def describe(accession: str) -> ResponseReturnValue:
    """Keep a changed description; with a colleague's changes when they saved meanwhile."""
    interview = loaders.interview(accession, "describe")
    form = description.read()
    if "then" in request.form:
        return _again(form, interview)
    db, actor = current.db(), current.actor()
    stale = form.values["revision"] != str(interview.revision)
    if stale:
        form, both = description.merged(form, description.of(db, actor, interview))
        if both:
            said = messages.for_code(DescriptionOutdated.code)
            return _form(form, interview, Conflict(message=said, theirs=both)), 409
    told = description.described(db, actor, form, interview)
    if form.is_good:
        try:
            interviews.describe(
                db, actor, interview, told,
                revision=int(form.values["revision"]), accession=form.values["accession"],
            )  # fmt: skip
        except DescriptionOutdated:  # in the moment between our reading and our writing
            form, both = description.merged(form, description.of(db, actor, interview))
            said = messages.for_code(DescriptionOutdated.code)
            return _form(form, interview, Conflict(message=said, theirs=both)), 409
        except Refused as refused:
            description.tell(form, refused)
    if not form.is_good:
        return _form(form, interview), 422
    flash(_("Saved, together with what a colleague changed meanwhile.") if stale else _("Saved."))
    _remark(interview)
    return redirect(url_for("interviews.show", accession=interview.accession), 303)


def _form(form: Form, interview: Interview | None = None, conflict: Conflict | None = None) -> str:
    db, actor = current.db(), current.actor()
    is_sample = interview is not None and interview.is_sample
    offered = collections.listed(db, is_sample=is_sample)
    chosen_already = interview.collection if interview is not None else None
    if chosen_already is not None and chosen_already not in offered:
        offered.append(chosen_already)
    known = places.listed(db)
    chosen = next((p for p in known if p.code == form.values.get("place")), None)
    lineage = places.lineage(db, chosen) if chosen else None
    return render_template(
        "interviews/form.html", form=form, interview=interview, conflict=conflict,
        collections=offered, people=people.labels(db, actor, is_sample=is_sample).values(),
        places=known, place_label=places.label,
        lineage=lineage,
        lineage_before=[places.label(p) for p in lineage.before] if lineage else [],
        lineage_after=[places.label(p) for p in lineage.after] if lineage else [],
        date_read=description.date_read(form.values.get("held_edtf", "")),
        next_accession=_next_free() if interview is None else "",
        languages=description.LANGUAGES, audiences=AUDIENCES, plates=PLATES,
        more=request.form.get("then", ""),
    )  # fmt: skip


def _again(form: Form, interview: Interview | None = None) -> str:
    """The form once more, without saving: the date read, or another row for a name."""
    if request.form["then"] == "read_date":
        form.values["held_edtf"] = told_dates.read(form.values["held_as_told"])
        if not form.values["held_edtf"]:
            form.problems["held_edtf"] = _(
                "The machine cannot read this date. Leave it empty, or write it in EDTF."
            )
    return _form(form, interview)


def _remark(interview: Interview) -> None:
    """What a person should see again after saving; nothing of it stands in the way."""
    if interview.held_as_told and interview.held_edtf:
        read = description.date_read(interview.held_edtf)
        if read is not None and read.words != interview.held_as_told:
            flash(
                _(
                    "“%(told)s” is understood as %(words)s.",
                    told=interview.held_as_told, words=read.words,
                )
            )  # fmt: skip
    place = interview.place
    first, last = interview.told_from_year, interview.told_to_year
    if place is not None and not places.stood(place, first, last):
        name = places.label(place)
        flash(_("%(place)s did not exist in the years told about.", place=name), "warning")


def _wish() -> listing.Wish:
    chosen = {name: frozenset(request.args.getlist(name)) for name in listing.FACETS}
    shown = request.args.get("set", "")
    return listing.Wish(
        text=clean(request.args.get("q", ""))[:300], chosen=chosen,
        first_year=year_asked("from"), last_year=year_asked("to"),
        sort=request.args.get("sort", "newest"),
        page=max(1, request.args.get("page", 1, type=int)),
        samples={"samples": True, "archive": False}.get(shown),
    )  # fmt: skip


def _address(**changed: Any) -> str:
    """This catalogue with some of the address changed; None takes a part away."""
    kept: dict[str, Any] = {
        name: values for name in ARGUMENTS if (values := request.args.getlist(name))
    }
    kept |= {name.rstrip("_"): value for name, value in changed.items()}
    return url_for("interviews.catalogue", **kept)


def _hearing() -> Work | None:
    """The transcription that is under way, for whoever may see jobs."""
    if not access.may(current.actor(), "see_jobs"):
        return None
    jobs = work.under_way(current.db(), current.actor())
    return next((w for w in jobs if w.job.kind == "transcribe" and w.job.state == "running"), None)


def _waves(shown: Sequence[Interview]) -> dict[str, waves.Wave | None]:
    playables = playback.playables(current.db(), shown)
    asked = playback.asked(current.db(), current.actor(), shown)
    return {
        interview_id: waves.of(first, asked, bars=WAVE_BARS, height=WAVE_HEIGHT)
        for interview_id, recordings in playables.items()
        for first in recordings[:1]
    }


def _year() -> int:
    return current.settings().today().year


def _next_free() -> str:
    return accessions.next_free(current.db(), _year())
