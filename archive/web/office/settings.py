"""Settings page: name, language and accession numbers of the archive, readiness of the machine."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import access, messages
from archive.access import Refused
from archive.actions.catalogue import accessions
from archive.actions.office import settings
from archive.messages.rights import FOUR_EYES_LABELS
from archive.web.core import current, forms
from archive.web.office import backup_age, readiness
from archive.web.office.first_run import LANGUAGE_NAMES

bp = Blueprint("settings", __name__)

FIELDS = {
    "site_name": 120,
    "site_tagline": 160,
    "language": 2,
    "accession_prefix": 60,
    "four_eyes": 10,
}


@bp.get("/office")
def edit() -> ResponseReturnValue:
    """Render the form with the current settings."""
    access.require(current.rights(), "manage_office")
    site = current.site()
    values = {
        "site_name": site.name,
        "site_tagline": site.tagline,
        "language": site.language,
        "accession_prefix": site.accession_prefix,
        "four_eyes": site.four_eyes,
    }
    return _page(forms.Form(values))


@bp.post("/office")
def save() -> ResponseReturnValue:
    """Save the settings."""
    form = forms.from_request(FIELDS)
    new_site = settings.Site(
        name=form.values["site_name"],
        tagline=form.values["site_tagline"],
        language=form.values["language"],
        accession_prefix=form.values["accession_prefix"],
        four_eyes=form.values["four_eyes"],
    )
    try:
        settings.update_site(current.db(), current.rights(), new_site)
    except settings.SiteNameMissing as refused:
        form.problems["site_name"] = _problem_text(refused)
    except accessions.PrefixRefused as refused:
        form.problems["accession_prefix"] = _problem_text(refused)
    if not form.is_valid:
        return _page(form), 422
    flash(_("The name of the archive was changed."))
    return redirect(url_for("settings.edit"), 303)


def _problem_text(refused: Refused) -> str:
    return messages.for_code(refused.code, **refused.facts).summary


def _page(form: forms.Form) -> str:
    return render_template(
        "office/settings/edit.html",
        form=form,
        checks=[*readiness.checks(), backup_age.check()],
        languages=LANGUAGE_NAMES,
        four_eyes_rules={name: label() for name, label in FOUR_EYES_LABELS.items()},
    )
