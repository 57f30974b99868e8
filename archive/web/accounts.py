"""Accounts: the administrator's list, and everybody's own page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive.access import Refused
from archive.actions import accounts
from archive.models import User
from archive.models.user import ROLES
from archive.web import current, forms, language, loaders, messages, security

bp = Blueprint("accounts", __name__)

FIELDS = {"email": 254, "name": 120, "role": 20}
OWN_FIELDS = {"name": 120, "language": 2}
PROBLEM_FIELDS = {
    "email_refused": "email", "email_taken": "email", "password_too_short": "password",
    "password_too_long": "password",
    "name_missing": "name", "unknown_role": "role", "last_administrator": "role",
}  # fmt: skip


@bp.app_template_global("role_name")
def role_name(role: str) -> str:
    """What a role is called on pages."""
    names = {
        "administrator": _("Administrator"), "archivist": _("Archivist"),
        "historian": _("Historian"), "editor": _("Editor"), "reviewer": _("Reviewer"),
        "researcher": _("Researcher"),
    }  # fmt: skip
    return str(names[role])


@bp.get("/accounts")
def catalogue() -> ResponseReturnValue:
    """Every account, and the form for another one."""
    return _list(forms.Form())


@bp.post("/accounts")
def create() -> ResponseReturnValue:
    """Open an account."""
    form = forms.read(FIELDS)
    try:
        opened = accounts.add(
            current.db(), current.actor(), email=form.values["email"], name=form.values["name"],
            role=form.values["role"], password=request.form.get("password", ""),
        )  # fmt: skip
    except Refused as refused:
        if refused.code not in PROBLEM_FIELDS:
            raise
        return _said(form, refused), 422
    flash(_("%(name)s may sign in now.", name=opened.name))
    return redirect(url_for("accounts.catalogue"), 303)


@bp.post("/accounts/<user_id>")
def change(user_id: str) -> ResponseReturnValue:
    """Change name, role or whether the account is open; perhaps its password."""
    user = loaders.account(user_id, "manage_accounts")
    form = forms.read(FIELDS)
    password = request.form.get("password", "")
    try:
        accounts.change(
            current.db(), current.actor(), user, name=form.values["name"] or user.name,
            role=form.values["role"] or user.role, is_active="is_active" in request.form,
        )  # fmt: skip
        if password:
            accounts.set_password(current.db(), current.actor(), user, password)
    except Refused as refused:
        if refused.code not in PROBLEM_FIELDS:
            raise
        said = messages.for_code(refused.code, **refused.facts)
        flash(" ".join(filter(None, (said.happened, said.safe, said.advice))), "warning")
        current.db().rollback()
        return redirect(url_for("accounts.catalogue"), 303)
    flash(_("The account of %(name)s was changed.", name=user.name))
    return redirect(url_for("accounts.catalogue"), 303)


@bp.get("/profile")
def profile() -> ResponseReturnValue:
    """One's own account, and the browsers that it is signed in with."""
    return _profile(loaders.own_account(), forms.Form())


@bp.post("/profile")
def save_profile() -> ResponseReturnValue:
    """Change one's own name and the language of one's pages."""
    user, form = loaders.own_account(), forms.read(OWN_FIELDS)
    try:
        accounts.describe_self(
            current.db(), current.actor(), user,
            name=form.values["name"], language=form.values["language"],
        )  # fmt: skip
    except Refused as refused:
        form.problems["name"] = messages.for_code(refused.code, **refused.facts).happened
        return _profile(user, form), 422
    flash(_("Your account was changed."))
    chosen = user.language or language.chosen()
    return redirect(url_for("accounts.profile", lang_code=chosen), 303)


@bp.post("/profile/password")
def save_password() -> ResponseReturnValue:
    """Change one's own password; whoever else is signed in with this account no longer is."""
    user, form = loaders.own_account(), forms.Form()
    try:
        accounts.change_own_password(
            current.db(), current.actor(), user, present=request.form.get("present", ""),
            new=request.form.get("password", ""), token=_token(),
            address=request.remote_addr or "",
        )  # fmt: skip
    except Refused as refused:
        current.keep_changes()  # a wrong guess counts towards the limit
        field = "present" if refused.code in ("wrong_password", "rate_limited") else "password"
        form.problems[field] = messages.for_code(refused.code, **refused.facts).happened
        return _profile(user, form), 429 if refused.code == "rate_limited" else 422
    flash(_("The password was changed. Every other browser was signed out."))
    return redirect(url_for("accounts.profile"), 303)


@bp.post("/profile/sessions")
def end_sessions() -> ResponseReturnValue:
    """End one of one's own sessions, all others, or all of them."""
    user, wanted = loaders.own_account(), request.form.get("end", "")
    if wanted == "all":
        accounts.sign_out_everywhere(current.db(), user)
        return redirect(url_for("sign_in.show"), 303)
    if wanted == "others":
        accounts.end_other_sessions(current.db(), user, _token())
        flash(_("Every other browser was signed out."))
    else:
        accounts.end_session(current.db(), user, wanted)
        flash(_("That browser is signed out."))
    return redirect(url_for("accounts.profile"), 303)


def _profile(user: User, form: forms.Form) -> str:
    token = _token()
    listed = [
        (session, accounts.is_behind(session, token))
        for session in accounts.sessions(current.db(), user)
    ]
    sessions = sorted(listed, key=lambda one: not one[1])  # this browser first
    return render_template(
        "accounts/profile.html", user=user, form=form, sessions=sessions,
        session_name=accounts.SESSION_NAME,
    )  # fmt: skip


def _token() -> str:
    return request.cookies.get(security.session_cookie(), "")


def _list(form: forms.Form) -> str:
    listed = accounts.listed(current.db(), current.actor())
    return render_template("accounts/catalogue.html", users=listed, roles=ROLES, form=form)


def _said(form: forms.Form, refused: Refused) -> str:
    said = messages.for_code(refused.code, **refused.facts)
    form.problems[PROBLEM_FIELDS[refused.code]] = said.happened
    return _list(form)
