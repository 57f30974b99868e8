"""The office's own page: the name of its archive, its language, and how ready the machine is."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import access
from archive.access import Refused
from archive.actions import accessions, office
from archive.web import current, forms, messages, readiness
from archive.web.first_run import NAMES

bp = Blueprint("office", __name__)

FIELDS = {"site_name": 120, "site_tagline": 160, "language": 2, "accession_prefix": 60}


@bp.get("/office")
def edit() -> ResponseReturnValue:
    """The form, with what holds now."""
    access.require(current.actor(), "manage_office")
    site = office.site(current.toolbox().database)
    values = {
        "site_name": site.name, "site_tagline": site.tagline, "language": site.language,
        "accession_prefix": site.accession_prefix,
    }  # fmt: skip
    return _page(forms.Form(values))


@bp.post("/office")
def save() -> ResponseReturnValue:
    """Change the name on every page."""
    form = forms.read(FIELDS)
    told = office.Site(
        name=form.values["site_name"], tagline=form.values["site_tagline"],
        language=form.values["language"], accession_prefix=form.values["accession_prefix"],
    )  # fmt: skip
    try:
        office.describe(current.db(), current.actor(), told)
    except office.NameMissing as refused:
        form.problems["site_name"] = _told(refused)
    except accessions.PrefixRefused as refused:
        form.problems["accession_prefix"] = _told(refused)
    if not form.is_good:
        return _page(form), 422
    flash(_("The name of the archive was changed."))
    return redirect(url_for("office.edit"), 303)


def _told(refused: Refused) -> str:
    return messages.for_code(refused.code, **refused.facts).happened


def _page(form: forms.Form) -> str:
    return render_template(
        "office/edit.html", form=form, findings=readiness.findings(), languages=NAMES
    )
