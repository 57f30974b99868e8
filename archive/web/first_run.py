"""The first visit to an empty archive: its name, its administrator, and what it starts with."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.access import Refused
from archive.actions import accounts, office
from archive.actions.office import FirstRun
from archive.web import current, forms, messages, readiness, sign_in

bp = Blueprint("first_run", __name__)

FIELDS = {
    "site_name": 120,
    "site_tagline": 160,
    "name": 120,
    "email": 254,
    "start": 10,
    "language": 2,
}
NAMES = {"vi": "Tiếng Việt", "en": "English"}
PROBLEM_FIELDS = {
    "email_refused": "email", "email_taken": "email",
    "password_too_short": "password", "password_too_long": "password", "name_missing": "name",
}  # fmt: skip


@bp.get("/first-run")
def show() -> ResponseReturnValue:
    """The form, as long as nobody has an account."""
    if not accounts.is_empty(current.db()):
        return redirect(url_for("home.show"), 303)
    return _page(forms.Form())


@bp.post("/first-run")
def create() -> ResponseReturnValue:
    """Create the administrator, sign them in, and load the sample archive if they want it."""
    form = forms.read(FIELDS)
    password = request.form.get("password", "")
    try:
        entered = office.open_archive(
            current.db(),
            FirstRun(
                site_name=form.values["site_name"], site_tagline=form.values["site_tagline"],
                language=form.values["language"], name=form.values["name"],
                email=form.values["email"], password=password,
                with_sample=form.values["start"] == "sample",
            ),
        )  # fmt: skip
    except office.AlreadyOpen:
        return redirect(url_for("sign_in.show"), 303)
    except Refused as refused:
        said = messages.for_code(refused.code, **refused.facts)
        form.problems[PROBLEM_FIELDS.get(refused.code, "email")] = said.happened
        return _page(form), 422
    response = redirect(url_for("home.show"), 303)
    sign_in.keep_session(response, entered)
    return response


def _page(form: forms.Form) -> str:
    return render_template(
        "first_run/show.html", form=form, findings=readiness.findings(), languages=NAMES
    )
