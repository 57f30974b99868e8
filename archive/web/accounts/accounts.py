"""Accounts: the administrator's list, and the profile page of each user."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import messages
from archive.access import Refused
from archive.actions.accounts import accounts, sessions
from archive.messages.rights import USER_ROLE_LABELS
from archive.models import User
from archive.models.vocabulary import USER_ROLES
from archive.web.core import current, forms, language, loaders, security

bp = Blueprint("accounts", __name__)

FIELDS = {"email": 254, "name": 120, "role": 20}
OWN_FIELDS = {"name": 120, "language": 2}
FIELD_OF_CODE = {
    "email_refused": "email",
    "email_taken": "email",
    "password_too_short": "password",
    "password_too_long": "password",
    "name_missing": "name",
    "account_name_taken": "name",
    "unknown_role": "role",
    "last_administrator": "role",
}


@bp.app_template_global("role_name")
def role_name(role: str) -> str:
    """Return the label of a role."""
    return str(USER_ROLE_LABELS[role]())


@bp.get("/accounts")
def catalogue() -> ResponseReturnValue:
    """Render the list of accounts with the form for a new one."""
    return _render_list(forms.Form())


@bp.post("/accounts")
def create() -> ResponseReturnValue:
    """Create an account."""
    form = forms.from_request(FIELDS)
    try:
        opened = accounts.add(
            current.db(),
            current.rights(),
            email=form.values["email"],
            name=form.values["name"],
            role=form.values["role"],
            password=request.form.get("password", ""),
        )
    except Refused as refused:
        if refused.code not in FIELD_OF_CODE:
            raise
        return _list_with_problem(form, refused), 422
    flash(_("%(name)s can sign in now.", name=opened.name))
    return redirect(url_for("accounts.catalogue"), 303)


@bp.post("/accounts/<user_id>")
def update(user_id: str) -> ResponseReturnValue:
    """Update name, role and active state of an account, and optionally set its password."""
    user = loaders.account(user_id, "manage_accounts")
    form = forms.from_request(FIELDS)
    password = request.form.get("password", "")
    try:
        accounts.update(
            current.db(),
            current.rights(),
            user,
            name=form.values["name"] or user.name,
            role=form.values["role"] or user.role,
            is_active="is_active" in request.form,
        )
        if password:
            accounts.set_password(current.db(), current.rights(), user, password)
    except Refused as refused:
        if refused.code not in FIELD_OF_CODE:
            raise
        message = messages.for_code(refused.code, **refused.facts)
        flash(
            " ".join(filter(None, (message.summary, message.reassurance, message.advice))),
            "warning",
        )
        current.db().rollback()
        return redirect(url_for("accounts.catalogue"), 303)
    flash(_("The account of %(name)s was changed.", name=user.name))
    return redirect(url_for("accounts.catalogue"), 303)


@bp.get("/profile")
def profile() -> ResponseReturnValue:
    """Render the own account with its signed-in browsers."""
    return _render_profile(loaders.own_account(), forms.Form())


@bp.post("/profile")
def save_profile() -> ResponseReturnValue:
    """Change the own name and page language."""
    user, form = loaders.own_account(), forms.from_request(OWN_FIELDS)
    try:
        accounts.update_profile(
            current.db(),
            current.rights(),
            user,
            name=form.values["name"],
            language=form.values["language"],
        )
    except Refused as refused:
        form.problems["name"] = messages.for_code(refused.code, **refused.facts).summary
        return _render_profile(user, form), 422
    flash(_("Your account was changed."))
    lang_code = user.language or language.code()
    return redirect(url_for("accounts.profile", lang_code=lang_code), 303)


@bp.post("/profile/password")
def save_password() -> ResponseReturnValue:
    """Change the own password and sign out all other sessions of the account."""
    user, form = loaders.own_account(), forms.Form()
    try:
        accounts.change_own_password(
            current.db(),
            current.rights(),
            user,
            present=request.form.get("present", ""),
            new=request.form.get("password", ""),
            token=_token(),
            address=request.remote_addr or "",
        )
    except Refused as refused:
        current.commit_despite_error()  # a wrong guess counts towards the limit
        field = "present" if refused.code in ("wrong_password", "rate_limited") else "password"
        form.problems[field] = messages.for_code(refused.code, **refused.facts).summary
        return _render_profile(user, form), 429 if refused.code == "rate_limited" else 422
    flash(_("The password was changed. Every other browser was signed out."))
    return redirect(url_for("accounts.profile"), 303)


@bp.post("/profile/sessions")
def end_sessions() -> ResponseReturnValue:
    """End one of the own sessions, all others, or all."""
    user, choice = loaders.own_account(), request.form.get("end", "")
    if choice == "all":
        sessions.sign_out_everywhere(current.db(), user)
        return redirect(url_for("sign_in.show"), 303)
    if choice == "others":
        sessions.end_other_sessions(current.db(), user, _token())
        flash(_("Every other browser was signed out."))
    else:
        sessions.end_session(current.db(), user, choice)
        flash(_("That browser is signed out."))
    return redirect(url_for("accounts.profile"), 303)


def _render_profile(user: User, form: forms.Form) -> str:
    token = _token()
    rows = [
        (session, sessions.has_token(session, token))
        for session in sessions.list_sessions(current.db(), user)
    ]
    browsers = sorted(rows, key=lambda row: not row[1])  # this browser first
    return render_template(
        "accounts/accounts/profile.html",
        user=user,
        form=form,
        sessions=browsers,
        session_name=sessions.SESSION_NAME_LENGTH,
    )


def _token() -> str:
    return request.cookies.get(security.session_cookie(), "")


def _render_list(form: forms.Form) -> str:
    users = accounts.list_accounts(current.db(), current.rights())
    return render_template(
        "accounts/accounts/catalogue.html",
        users=users,
        equal_names=accounts.ids_with_equal_names(users),
        roles=USER_ROLES,
        form=form,
    )


def _list_with_problem(form: forms.Form, refused: Refused) -> str:
    message = messages.for_code(refused.code, **refused.facts)
    form.problems[FIELD_OF_CODE[refused.code]] = message.summary
    return _render_list(form)
