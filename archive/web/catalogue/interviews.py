"""Interviews: the catalogue, the page of an interview, and its description form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import access, messages
from archive.access import Refused
from archive.actions.catalogue import accessions, collections, interviews, listing, people, places
from archive.actions.catalogue.interviews import DescriptionOutdated
from archive.actions.holdings import playback
from archive.actions.office import jobs as job_actions
from archive.actions.office.jobs import JobWithInterview
from archive.models import Interview
from archive.models.interview import PLATES
from archive.models.vocabulary import AUDIENCES
from archive.time import date_phrases
from archive.web.catalogue import interview_form, namesake_questions, voice_questions
from archive.web.catalogue.namesake_questions import FormPeople, NamesakeQuestion
from archive.web.catalogue.voice_questions import VoiceQuestion
from archive.web.core import current, loaders
from archive.web.core.forms import Form, clean_field, year_argument
from archive.web.holdings import waveform
from archive.web.transcripts import reading

bp = Blueprint("interviews", __name__, url_prefix="/interviews")

URL_ARGUMENTS = ("q", *listing.FACETS, "from", "to", "sort", "set")
WAVE_BARS, WAVE_HEIGHT = 90, 36


@dataclass(frozen=True, kw_only=True)
class FormConflict:
    """A colleague saved first: their values of the fields that both changed."""

    message: messages.Message
    theirs: Mapping[str, str]


@bp.get("")
def catalogue() -> ResponseReturnValue:
    """Render the catalogue of visible interviews."""
    filters = _filter_from_request()
    results = listing.load_page(current.db(), current.rights(), filters)
    return render_template(
        "catalogue/interviews/catalogue.html",
        results=results,
        filters=filters,
        waves=_waves(results.interviews),
        texts=reading.facts_by_interview(results.version_ids),
        sorts=listing.SORTS,
        no_text=listing.NO_TEXT,
        catalogue_url=_catalogue_url,
        place_label=places.name_with_years,
        running_transcription=_running_transcription(),
    )


@bp.get("/new")
def new() -> ResponseReturnValue:
    """Render the form of a new interview."""
    access.require(current.rights(), "create")
    return _render_form(interview_form.empty())


@bp.post("")
def create() -> ResponseReturnValue:
    """Create an interview."""
    access.require(current.rights(), "create")
    form = interview_form.from_request()
    if "then" in request.form:
        return _render_unsaved(form)
    db, rights = current.db(), current.rights()
    people_of_form = FormPeople(db, rights, form, None)
    description = interview_form.to_description(db, rights, form, people_of_form)
    created = None
    if form.is_valid:
        try:
            created = interviews.create(
                db,
                rights,
                description,
                accession=form.values["accession"],
                year=_year(),
            )
        except Refused as refused:
            form.add_refusal(refused, interview_form.FIELD_OF_CODE)
    if created is None:
        return _render_form(form, questions=people_of_form.questions), 422
    flash(_("%(accession)s was saved.", accession=created.accession))
    _flash_notes(created)
    return redirect(url_for("interviews.show", accession=created.accession), 303)


@bp.get("/date")
def read_date() -> ResponseReturnValue:
    """Return how a date phrase or EDTF is understood, as JSON for the form's script."""
    access.require(current.rights(), "create")
    given = clean_field(request.args.get("edtf", ""))
    edtf = given or date_phrases.to_edtf(clean_field(request.args.get("told", "")))
    parsed = interview_form.parse_date(edtf)
    if parsed is None:
        return jsonify(edtf="", words="", known=not edtf)
    return jsonify(edtf=parsed.edtf, words=parsed.words, known=True, span=parsed.span)


@bp.get("/<accession>")
def show(accession: str) -> ResponseReturnValue:
    """Render the page of an interview."""
    return reading.render_page(loaders.interview(accession, "know"))


@bp.get("/<accession>/edit")
def edit(accession: str) -> ResponseReturnValue:
    """Render the form of the description."""
    interview = loaders.interview(accession, "describe")
    return _render_form(
        interview_form.from_interview(current.db(), current.rights(), interview), interview
    )


@bp.post("/<accession>/edit")
def update(accession: str) -> ResponseReturnValue:
    """Save the description, merged with a colleague's changes if they saved meanwhile."""
    interview = loaders.interview(accession, "describe")
    form = interview_form.from_request()
    if "then" in request.form:
        return _render_unsaved(form, interview)
    db, rights = current.db(), current.rights()
    is_stale = form.values["revision"] != str(interview.revision)
    if is_stale:
        form, conflicts = interview_form.merge_saved(
            form, interview_form.from_interview(db, rights, interview)
        )
        if conflicts:
            message = messages.for_code(DescriptionOutdated.code)
            return _render_form(
                form, interview, FormConflict(message=message, theirs=conflicts)
            ), 409
    people_of_form = FormPeople(db, rights, form, interview)
    description = interview_form.to_description(db, rights, form, people_of_form, interview)
    voices = voice_questions.voice_questions(db, interview, description, people_of_form)
    voice_questions.add_problems(form, voices)
    if form.is_valid:
        try:
            interviews.update_description(
                db,
                rights,
                interview,
                description,
                revision=int(form.values["revision"]),
                accession=form.values["accession"],
                same_voices=voice_questions.same_voices(voices),
            )
        except DescriptionOutdated:  # saved between our check and our update
            form, conflicts = interview_form.merge_saved(
                form, interview_form.from_interview(db, rights, interview)
            )
            message = messages.for_code(DescriptionOutdated.code)
            return _render_form(
                form, interview, FormConflict(message=message, theirs=conflicts)
            ), 409
        except Refused as refused:
            form.add_refusal(refused, interview_form.FIELD_OF_CODE)
    if not form.is_valid:
        return _render_form(form, interview, questions=people_of_form.questions, voices=voices), 422
    flash(
        _("Saved, together with what a colleague changed meanwhile.") if is_stale else _("Saved.")
    )
    _flash_notes(interview)
    return redirect(url_for("interviews.show", accession=interview.accession), 303)


def _render_form(
    form: Form,
    interview: Interview | None = None,
    conflict: FormConflict | None = None,
    questions: Sequence[NamesakeQuestion] = (),
    voices: Sequence[VoiceQuestion] = (),
) -> str:
    db, rights = current.db(), current.rights()
    is_sample = interview is not None and interview.is_sample
    choices = collections.list_collections(db, is_sample=is_sample)
    current_collection = interview.collection if interview is not None else None
    if current_collection is not None and current_collection not in choices:
        choices.append(current_collection)
    all_places = places.list_places(db, is_sample=is_sample)
    current_place = interview.place if interview is not None else None
    if current_place is not None and current_place not in all_places:
        all_places.append(current_place)
    chosen = next((p for p in all_places if p.code == form.values.get("place")), None)
    lineage = places.lineage(db, chosen) if chosen else None
    return render_template(
        "catalogue/interviews/form.html",
        form=form,
        interview=interview,
        conflict=conflict,
        collections=choices,
        people=people.form_labels(db, rights, is_sample=is_sample).values(),
        places=all_places,
        place_label=places.name_with_years,
        lineage=lineage,
        lineage_before=[places.name_with_years(p) for p in lineage.predecessors] if lineage else [],
        lineage_after=[places.name_with_years(p) for p in lineage.successors] if lineage else [],
        parsed_date=interview_form.parse_date(form.values.get("held_edtf", "")),
        next_accession=_next_free() if interview is None else "",
        languages=interview_form.CHECKBOX_LANGUAGES,
        audiences=AUDIENCES,
        plates=PLATES,
        questions=questions,
        voices=voices,
        another=namesake_questions.ANOTHER,
        role_with_more_rows=request.form.get("then", ""),
    )


def _render_unsaved(form: Form, interview: Interview | None = None) -> str:
    """Render the form without saving: with the parsed date, or another row for a name."""
    if request.form["then"] == "read_date":
        form.values["held_edtf"] = date_phrases.to_edtf(form.values["held_as_told"])
        if not form.values["held_edtf"]:
            form.problems["held_edtf"] = _(
                "This date was not recognised. Leave it empty, or write it in EDTF."
            )
    people_of_form = FormPeople(current.db(), current.rights(), form, interview)
    return _render_form(form, interview, questions=people_of_form.questions)


def _flash_notes(interview: Interview) -> None:
    """Flash notes after saving: how the date is understood, and a place outside its years."""
    if interview.held_as_told and interview.held_edtf:
        parsed = interview_form.parse_date(interview.held_edtf)
        if parsed is not None and parsed.words != interview.held_as_told:
            flash(
                _(
                    "“%(told)s” is understood as %(words)s.",
                    told=interview.held_as_told,
                    words=parsed.words,
                )
            )
    place = interview.place
    first, last = interview.told_from_year, interview.told_to_year
    if place is not None and not places.existed_in(place, first, last):
        name = places.name_with_years(place)
        flash(_("%(place)s did not exist in the years covered.", place=name), "warning")


def _filter_from_request() -> listing.CatalogueFilter:
    chosen = {name: frozenset(request.args.getlist(name)) for name in listing.FACETS}
    selected_set = request.args.get("set", "")
    return listing.CatalogueFilter(
        text=clean_field(request.args.get("q", ""))[:300],
        selected=chosen,
        first_year=year_argument("from"),
        last_year=year_argument("to"),
        sort=request.args.get("sort", "newest"),
        page=max(1, request.args.get("page", 1, type=int)),
        shows_samples={"samples": True, "archive": False}.get(selected_set),
    )


def _catalogue_url(**changes: Any) -> str:
    """Return the URL of this catalogue with changed arguments; None removes one."""
    kept: dict[str, Any] = {
        name: values for name in URL_ARGUMENTS if (values := request.args.getlist(name))
    }
    kept |= {name.rstrip("_"): value for name, value in changes.items()}
    return url_for("interviews.catalogue", **kept)


def _running_transcription() -> JobWithInterview | None:
    """Return the running transcription for actors who may see jobs."""
    if not access.may(current.rights(), "see_jobs"):
        return None
    jobs = job_actions.open_jobs(current.db(), current.rights())
    return next((w for w in jobs if w.job.kind == "transcribe" and w.job.state == "running"), None)


def _waves(interviews_shown: Sequence[Interview]) -> dict[str, waveform.Wave | None]:
    playables = playback.playables_by_interview(current.db(), current.rights(), interviews_shown)
    interviewer_spans = playback.interviewer_spans(current.db(), current.rights(), interviews_shown)
    return {
        interview_id: waveform.for_recording(
            first, interviewer_spans, bars=WAVE_BARS, height=WAVE_HEIGHT
        )
        for interview_id, recordings in playables.items()
        for first in recordings[:1]
    }


def _year() -> int:
    return current.settings().today().year


def _next_free() -> str:
    return accessions.next_free(current.db(), _year())
