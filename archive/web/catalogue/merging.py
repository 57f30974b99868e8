"""Merge two records of one person: choose the other one, compare, merge; undo it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive.access import NotVisible
from archive.actions.catalogue import names, people, person_merging
from archive.models import Interview, Person, PersonMerge
from archive.web.core import current, loaders
from archive.web.core.forms import clean_field

bp = Blueprint("merging", __name__, url_prefix="/people")

MOST_CANDIDATES = 30
COMPARED_FIELDS = (
    "born_as_told",
    "native_place",
    "occupation",
    "biography",
)


@bp.get("/<person_id>/merge")
def show(person_id: str) -> ResponseReturnValue:
    """Render both records side by side, or the choice of the other one."""
    person = loaders.person(person_id, "manage_people")
    if person.merged_into_id is not None:
        kept = people.kept_record(current.db(), person)
        return redirect(url_for("people.edit", person_id=kept.id), 303)
    other_id = request.args.get("with", "")
    if other_id:
        return _render_comparison(person, loaders.person(other_id, "manage_people"))
    query = clean_field(request.args.get("q", ""))[:200]
    return render_template(
        "catalogue/people/merge_choice.html",
        person=person,
        query=query,
        candidates=_candidates(person, query),
    )


@bp.post("/<person_id>/merge")
def merge(person_id: str) -> ResponseReturnValue:
    """Merge two records; the form names the one that is kept."""
    person = loaders.person(person_id, "manage_people")
    other = loaders.person(request.form.get("other", ""), "manage_people")
    is_kept = request.form.get("keep", "") == person.id
    kept, merged = (person, other) if is_kept else (other, person)
    person_merging.merge(
        current.db(),
        current.rights(),
        merged,
        kept,
        opened_fingerprints=request.form.getlist("seen"),
    )
    flash(_("The two records are one now. The merge can be undone on this page."))
    return redirect(url_for("people.edit", person_id=kept.id), 303)


@bp.post("/<person_id>/merge/undo")
def undo(person_id: str) -> ResponseReturnValue:
    """Undo a merge into this record."""
    person = loaders.person(person_id, "manage_people")
    found = current.db().get(PersonMerge, request.form.get("merge", "")[:40])
    if found is None or found.into_id != person.id:
        raise NotVisible
    person_merging.undo_merge(current.db(), current.rights(), found)
    flash(_("The merge was undone; both records are as before."))
    return redirect(url_for("people.edit", person_id=person.id), 303)


def _candidates(person: Person, query: str) -> list[tuple[Person, list[Interview]]]:
    """Return the people of the same name, or those that the query finds, with interviews."""
    db, rights = current.db(), current.rights()
    found = (
        people.list_people(db, rights, query)
        if query
        else people.with_exact_name(
            db, names.name_for(rights, person).full, is_sample=person.is_sample
        )
    )
    others = [one for one in found if one.id != person.id and one.is_sample == person.is_sample]
    return people.with_interviews(db, rights, others[:MOST_CANDIDATES])


def _render_comparison(person: Person, other: Person) -> ResponseReturnValue:
    if other.merged_into_id is not None or other.id == person.id:
        raise person_merging.MergeRefused
    db, rights = current.db(), current.rights()
    return render_template(
        "catalogue/people/merge.html",
        sides=people.with_interviews(db, rights, [person, other]),
        fingerprints=[people.fingerprint(one) for one in (person, other)],
        fields=COMPARED_FIELDS,
    )
