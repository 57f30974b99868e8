"""People: who tells and who asks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import access, told_dates
from archive.access import Refused
from archive.actions import people
from archive.actions.people import OtherName, PersonChanged, PersonFacts
from archive.models import Person
from archive.web import current, description, loaders, messages
from archive.web.forms import Form, clean

bp = Blueprint("people", __name__, url_prefix="/people")

PER_PAGE = 100
FIELDS = (
    "full_name", "family_name", "middle_name", "given_name", "honorific", "born_as_told",
    "born_edtf", "native_place", "occupation", "biography",
)  # fmt: skip
PARTS = ("family_name", "middle_name", "given_name")
FIELD_OF_CODE = {
    "person_name_missing": "full_name",
    "person_name_refused": "full_name",
    "birth_refused": "born_edtf",
}


@bp.get("")
def catalogue() -> ResponseReturnValue:
    """Everybody, by given name."""
    query = clean(request.args.get("q", ""))[:200]
    found = people.listed(current.db(), current.actor(), query)
    pages = max(1, -(-len(found) // PER_PAGE))
    number = min(max(1, request.args.get("page", 1, type=int)), pages)
    samples = sum(person.is_sample for person in found)
    return render_template(
        "people/catalogue.html", people=found[(number - 1) * PER_PAGE : number * PER_PAGE],
        query=query, total=len(found) - samples, samples=samples, number=number, pages=pages,
        counts=people.counted(current.db(), current.actor()),
    )  # fmt: skip


@bp.get("/new")
def new() -> ResponseReturnValue:
    """The form of somebody who is not known yet."""
    access.require(current.actor(), "manage_people")
    return _form(Form(), [])


@bp.post("")
def create() -> ResponseReturnValue:
    """A new record, also when somebody has the same name."""
    access.require(current.actor(), "manage_people")
    form, others = _read()
    if "then" in request.form:
        return _form(form, others)
    try:
        person = people.add(current.db(), current.actor(), _facts(form, others))
    except Refused as refused:
        _tell(form, refused)
        return _form(form, others), 422
    flash(_("%(name)s has a record now.", name=person.full_name))
    return redirect(url_for("people.edit", person_id=person.id), 303)


@bp.get("/<person_id>")
def edit(person_id: str) -> ResponseReturnValue:
    """The record, to be changed."""
    person = loaders.person(person_id, "manage_people")
    form, others = _of(person)
    return _form(form, others, person)


@bp.post("/<person_id>")
def describe(person_id: str) -> ResponseReturnValue:
    """Change the record."""
    person = loaders.person(person_id, "manage_people")
    form, others = _read()
    if "then" in request.form:
        return _form(form, others, person)
    try:
        people.describe(
            current.db(),
            current.actor(),
            person,
            _facts(form, others, person),
            seen=form.values["seen"],
        )
    except PersonChanged:
        theirs, their_names = _of(person)
        form.values["seen"] = theirs.values["seen"]
        return _form(form, others, person, theirs, their_names), 409
    except Refused as refused:
        _tell(form, refused)
        return _form(form, others, person), 422
    flash(_("Saved."))
    return redirect(url_for("people.edit", person_id=person.id), 303)


def _form(
    form: Form,
    others: list[OtherName],
    person: Person | None = None,
    theirs: Form | None = None,
    their_names: Sequence[OtherName] = (),
) -> str:
    db, actor = current.db(), current.actor()
    name = form.values.get("full_name", "")
    is_sample = person is not None and person.is_sample
    bearers = people.named(db, name, is_sample=is_sample)
    same = [other for other in bearers if person is None or other.id != person.id]
    return render_template(
        "people/form.html", form=form, person=person, kinds=people.NAME_KINDS,
        others=[*others, OtherName(name="")], namesakes=same, told_apart=people.tell_apart(bearers),
        theirs=theirs.values if theirs else None, their_names=their_names,
        message=messages.for_code(PersonChanged.code) if theirs else None,
        told_in=people.told_in(db, actor, person) if person else [],
        date_read=description.date_read(form.values.get("born_edtf", "")),
    )  # fmt: skip


def _read() -> tuple[Form, list[OtherName]]:
    values = {name: clean(request.form.get(name, ""))[: description.MOST] for name in FIELDS}
    values["seen"] = request.form.get("seen", "")[:64]
    columns = (request.form.getlist(f"other_{column}") for column in ("name", "kind", "period"))
    others = [
        OtherName(name=clean(name)[: description.MOST], kind=kind[:20], period=clean(period))
        for name, kind, period in zip(*columns, strict=False)
        if clean(name)
    ]
    return Form(values), others[: people.MOST_NAMES]


def _of(person: Person) -> tuple[Form, list[OtherName]]:
    values = {name: str(getattr(person, name)) for name in FIELDS}
    values["seen"] = people.fingerprint(person)
    others = [OtherName(name=n.name, kind=n.kind, period=n.period) for n in person.other_names]
    return Form(values), others


def _facts(form: Form, others: list[OtherName], person: Person | None = None) -> PersonFacts:
    values = {name: form.values[name] for name in FIELDS}
    # Parts that nobody touched belong to the old name: they are guessed again.
    if (
        person is not None
        and values["full_name"] != person.full_name
        and all(values[part] == getattr(person, part) for part in PARTS)
    ):
        values |= dict.fromkeys(PARTS, "")
    if values["born_as_told"] and not values["born_edtf"]:
        values["born_edtf"] = told_dates.read(values["born_as_told"])
    return PersonFacts(**values, other_names=others)


def _tell(form: Form, refused: Refused) -> None:
    name = FIELD_OF_CODE.get(refused.code) or str(refused.facts.get("field", ""))
    if not name:
        raise refused
    said = messages.for_code(refused.code, **refused.facts)
    form.problems[name] = said.beside_field
