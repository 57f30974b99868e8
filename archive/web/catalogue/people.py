"""People: witnesses and interviewers."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import access, messages
from archive.access import Refused
from archive.actions.catalogue import names, people, person_merging, person_removal
from archive.actions.catalogue.people import (
    NamesakeExists,
    OtherName,
    PersonChanged,
    PersonFacts,
)
from archive.models import Person
from archive.models.vocabulary import NAME_KINDS
from archive.time import date_phrases
from archive.web.catalogue import interview_form
from archive.web.core import current, form_merge, loaders
from archive.web.core.forms import Form, clean_field

bp = Blueprint("people", __name__, url_prefix="/people")

PEOPLE_PER_PAGE = 100
FIELDS = (
    "full_name",
    "family_name",
    "middle_name",
    "given_name",
    "honorific",
    "born_as_told",
    "born_edtf",
    "native_place",
    "occupation",
    "biography",
)
MERGED_PERSON_FIELDS = (*FIELDS, "other_names")
PARTS = ("family_name", "middle_name", "given_name")
FIELD_OF_CODE = {
    "person_name_missing": "full_name",
    "person_name_refused": "full_name",
    "birth_refused": "born_edtf",
    "namesake_exists": "full_name",
}


@bp.get("")
def catalogue() -> ResponseReturnValue:
    """Render the list of people by given name."""
    query = clean_field(request.args.get("q", ""))[:200]
    found = people.list_people(current.db(), current.rights(), query)
    pages = max(1, -(-len(found) // PEOPLE_PER_PAGE))
    number = min(max(1, request.args.get("page", 1, type=int)), pages)
    samples = sum(person.is_sample for person in found)
    shown = found[(number - 1) * PEOPLE_PER_PAGE : number * PEOPLE_PER_PAGE]
    rights = current.rights()
    return render_template(
        "catalogue/people/catalogue.html",
        people=shown,
        names=names.names_for(rights, shown),
        other_names={person.id: names.other_names_for(rights, person) for person in shown},
        query=query,
        total=len(found) - samples,
        samples=samples,
        number=number,
        pages=pages,
        counts=people.interview_counts(current.db(), current.rights()),
    )


@bp.get("/new")
def new() -> ResponseReturnValue:
    """Render the form of a new person."""
    access.require(current.rights(), "manage_people")
    return _render_form(Form())


@bp.post("")
def create() -> ResponseReturnValue:
    """Create a person; of one who has a namesake, ask first."""
    access.require(current.rights(), "manage_people")
    form = _form_from_request()
    if "then" in request.form:
        return _render_form(form)
    try:
        person = people.add(
            current.db(), current.rights(), _facts_from_form(form), other_than=_known_others()
        )
    except Refused as refused:
        form.add_refusal(refused, FIELD_OF_CODE)
        return _render_form(form, is_question=refused.code == NamesakeExists.code), 422
    flash(_("The record of %(name)s was saved.", name=person.full_name))
    return redirect(url_for("people.edit", person_id=person.id), 303)


@bp.get("/<person_id>")
def edit(person_id: str) -> ResponseReturnValue:
    """Render the form of a person."""
    person = loaders.person(person_id, "manage_people")
    if person.merged_into_id is not None:
        kept = people.kept_record(current.db(), person)
        flash(_("This record was merged into another one, which is shown here."))
        return redirect(url_for("people.edit", person_id=kept.id), 303)
    return _render_form(_form_from_person(person), person)


@bp.post("/<person_id>")
def update(person_id: str) -> ResponseReturnValue:
    """Save the form of a person, merged with a colleague's changes."""
    person = _unmerged(person_id)
    form = _form_from_request()
    if "then" in request.form:
        return _render_form(form, person)
    is_stale = form.values["seen"] not in ("", people.fingerprint(person))
    if is_stale:
        form, conflicts = _merge_saved(form, person)
        if conflicts:
            return _render_form(form, person, conflicts), 409
    db, rights, opened_fingerprint = current.db(), current.rights(), form.values["seen"]
    try:
        people.update(
            db,
            rights,
            person,
            _facts_from_form(form, person),
            opened_fingerprint=opened_fingerprint,
            other_than=_known_others(),
        )
    except PersonChanged:  # saved between our check and our update
        form, conflicts = _merge_saved(form, person)
        return _render_form(form, person, conflicts), 409
    except Refused as refused:
        form.add_refusal(refused, FIELD_OF_CODE)
        return _render_form(form, person, is_question=refused.code == NamesakeExists.code), 422
    merged = _("Saved, together with what a colleague changed meanwhile.")
    flash(merged if is_stale else _("Saved."))
    return redirect(url_for("people.edit", person_id=person.id), 303)


@bp.post("/<person_id>/remove")
def remove(person_id: str) -> ResponseReturnValue:
    """Remove the record of a person that nothing refers to."""
    person = _unmerged(person_id)
    name = names.name_for(current.rights(), person).full
    seen = request.form.get("seen", "")[:64]
    person_removal.remove(current.db(), current.rights(), person, opened_fingerprint=seen)
    flash(_("The record of %(name)s was removed.", name=name))
    return redirect(url_for("people.catalogue"), 303)


def _unmerged(person_id: str) -> Person:
    """Load a person to change the record; raises PersonChanged for one that was merged."""
    person = loaders.person(person_id, "manage_people")
    if person.merged_into_id is not None:
        raise PersonChanged
    return person


def _known_others() -> list[str]:
    """Return the ids of the namesakes that were shown, if the answer was “another person”."""
    return request.form.getlist("namesake") if "another" in request.form else []


def _render_form(
    form: Form,
    person: Person | None = None,
    theirs: dict[str, str] | None = None,
    *,
    is_question: bool = False,
) -> str:
    """Render the form; `theirs` has a colleague's values of the fields that both changed.

    With `is_question` the user has to say whether this is another person than the namesakes.
    """
    db, rights = current.db(), current.rights()
    name = form.values.get("full_name", "")
    is_sample = person is not None and person.is_sample
    same_name = people.with_exact_name(db, name, is_sample=is_sample)
    namesakes = [other for other in same_name if person is None or other.id != person.id]
    return render_template(
        "catalogue/people/form.html",
        form=form,
        person=person,
        kinds=NAME_KINDS,
        others=[*_split_rows(form.values.get("other_names", "")), OtherName(name="")],
        namesakes=people.with_interviews(db, rights, namesakes),
        is_question=is_question,
        merges=person_merging.merges_into(db, rights, person) if person else [],
        is_used=person is None or person_removal.is_used(db, person),
        disambiguation=people.disambiguation_labels(same_name),
        theirs=theirs or {},
        their_names=_split_rows((theirs or {}).get("other_names", "")),
        message=messages.for_code(PersonChanged.code) if theirs is not None else None,
        appearances=people.appearances(db, rights, person) if person else [],
        parsed_date=interview_form.parse_date(form.values.get("born_edtf", "")),
    )


def _form_from_request() -> Form:
    values = {
        name: clean_field(request.form.get(name, ""))[: interview_form.MAX_FORM_LENGTH]
        for name in FIELDS
    }
    values["seen"] = request.form.get("seen", "")[:64]
    values["was"] = request.form.get("was", "")[: 2 * interview_form.MAX_FORM_LENGTH]
    columns = (request.form.getlist(f"other_{column}") for column in ("name", "kind", "period"))
    others = [
        OtherName(name=_single_line(name), kind=kind[:20].strip(), period=_single_line(period))
        for name, kind, period in zip(*columns, strict=False)
        if clean_field(name)
    ]
    values["other_names"] = _join_rows(others)
    return Form(values)


def _single_line(text: str) -> str:
    return " ".join(clean_field(text)[: interview_form.MAX_FORM_LENGTH].split())


def _form_from_person(person: Person) -> Form:
    values = {name: str(getattr(person, name)) for name in FIELDS}
    values["other_names"] = _join_rows(
        OtherName(name=n.name, kind=n.kind, period=n.period) for n in person.other_names
    )
    was = form_merge.snapshot(values)
    return Form({**values, "was": was, "seen": people.fingerprint(person)})


def _merge_saved(mine: Form, person: Person) -> tuple[Form, dict[str, str]]:
    theirs = _form_from_person(person)
    form, conflicts = form_merge.merge(mine, theirs, MERGED_PERSON_FIELDS)
    form.values["seen"] = theirs.values["seen"]
    return form, conflicts


def _join_rows(others: Iterable[OtherName]) -> str:
    """Return other names as one field value: a line each, columns separated by tabs."""
    return "\n".join("\t".join((o.name, o.kind, o.period)) for o in others)


def _split_rows(rows: str) -> list[OtherName]:
    columns = (row.split("\t") for row in rows.split("\n") if row)
    return [OtherName(name=name, kind=kind, period=period) for name, kind, period in columns]


def _facts_from_form(form: Form, person: Person | None = None) -> PersonFacts:
    values = {name: form.values[name] for name in FIELDS}
    # Unchanged parts belong to the old name, so they are derived again.
    if (
        person is not None
        and values["full_name"] != person.full_name
        and all(values[part] == getattr(person, part) for part in PARTS)
    ):
        values |= dict.fromkeys(PARTS, "")
    if values["born_as_told"] and not values["born_edtf"]:
        values["born_edtf"] = date_phrases.to_edtf(values["born_as_told"])
    return PersonFacts(**values, other_names=_split_rows(form.values["other_names"]))
