"""First-run page of an empty archive: name, administrator, sample archive."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive import messages
from archive.access import Refused
from archive.actions.accounts import accounts
from archive.actions.office import first_run
from archive.actions.office.first_run import FirstRunInput
from archive.web.accounts import sign_in
from archive.web.core import current, forms
from archive.web.office import readiness

bp = Blueprint("first_run", __name__)

FIELDS = {
    "site_name": 120,
    "site_tagline": 160,
    "name": 120,
    "email": 254,
    "start": 10,
    "language": 2,
}
LANGUAGE_NAMES = {"vi": "Tiếng Việt", "en": "English"}
FIELD_OF_CODE = {
    "site_name_missing": "site_name",
    "email_refused": "email",
    "email_taken": "email",
    "password_too_short": "password",
    "password_too_long": "password",
    "name_missing": "name",
    "account_name_taken": "name",
}


@bp.get("/first-run")
def show() -> ResponseReturnValue:
    """Render the form while there is no account."""
    if not accounts.has_no_accounts(current.db()):
        return redirect(url_for("home.show"), 303)
    first_run.require_records(current.db(), current.toolbox())
    return _page(forms.Form())


@bp.post("/first-run")
def create() -> ResponseReturnValue:
    """Create the administrator, sign them in, and load the sample archive if selected."""
    form = forms.from_request(FIELDS)
    password = request.form.get("password", "")
    try:
        signed_in = first_run.open_archive(
            current.db(),
            current.rights(),
            FirstRunInput(
                site_name=form.values["site_name"],
                site_tagline=form.values["site_tagline"],
                language=form.values["language"],
                name=form.values["name"],
                email=form.values["email"],
                password=password,
                with_sample=form.values["start"] == "sample",
            ),
            tools=current.toolbox(),
        )
    except first_run.ArchiveAlreadyOpen:
        return redirect(url_for("sign_in.show"), 303)
    except first_run.RecordsLost:
        raise
    except Refused as refused:
        message = messages.for_code(refused.code, **refused.facts)
        form.problems[FIELD_OF_CODE.get(refused.code, "email")] = message.summary
        return _page(form), 422
    response = redirect(url_for("home.show"), 303)
    sign_in.set_session_cookie(response, signed_in)
    return response


def _page(form: forms.Form) -> str:
    return render_template(
        "office/first_run/show.html", form=form, checks=readiness.checks(), languages=LANGUAGE_NAMES
    )
