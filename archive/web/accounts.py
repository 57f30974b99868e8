"""Accounts: the administrator's list, and everybody's own page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive.access import NotVisible, Refused
from archive.actions import accounts
from archive.models import User
from archive.models.user import ROLES
from archive.web import current, forms, messages

bp = Blueprint("accounts", __name__)

FIELDS = {"email": 254, "name": 120, "role": 20}
PROBLEM_FIELDS = {
    "email_refused": "email", "email_taken": "email", "password_too_short": "password",
    "name_missing": "name", "unknown_role": "role", "last_administrator": "role",
}  # fmt: skip


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
    user = _user(user_id)
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
        flash(messages.for_code(refused.code, **refused.facts).happened, "warning")
        current.db().rollback()
        return redirect(url_for("accounts.catalogue"), 303)
    flash(_("The account of %(name)s was changed.", name=user.name))
    return redirect(url_for("accounts.catalogue"), 303)


@bp.get("/profile")
def profile() -> ResponseReturnValue:
    """One's own account."""
    return render_template("accounts/profile.html", user=_self(), form=forms.Form())


@bp.post("/profile")
def save_profile() -> ResponseReturnValue:
    """Change one's own password, or sign out everywhere."""
    user = _self()
    if "everywhere" in request.form:
        accounts.sign_out_everywhere(current.db(), user)
        return redirect(url_for("sign_in.show"), 303)
    form = forms.Form()
    try:
        accounts.set_password(current.db(), current.actor(), user, request.form.get("password", ""))
    except Refused as refused:
        form.problems["password"] = messages.for_code(refused.code, **refused.facts).happened
        return render_template("accounts/profile.html", user=user, form=form), 422
    flash(_("The new password holds. Please sign in with it."))
    return redirect(url_for("sign_in.show"), 303)


def _list(form: forms.Form) -> str:
    listed = accounts.listed(current.db(), current.actor())
    return render_template("accounts/catalogue.html", users=listed, roles=ROLES, form=form)


def _said(form: forms.Form, refused: Refused) -> str:
    said = messages.for_code(refused.code, **refused.facts)
    form.problems[PROBLEM_FIELDS[refused.code]] = said.happened
    return _list(form)


def _user(user_id: str) -> User:
    for user in accounts.listed(current.db(), current.actor()):
        if user.id == user_id:
            return user
    raise NotVisible


def _self() -> User:
    user = current.db().get(User, current.actor().user_id)
    if user is None:
        raise NotVisible
    return user
