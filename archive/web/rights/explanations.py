"""Page that explains to the administrator what a reader may do with an interview, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive import messages
from archive.access import Rights, is_of_readers
from archive.actions.accounts import accounts
from archive.actions.rights import explanations
from archive.actions.rights.explanations import PUBLIC_NAME, Explanation, UnknownAccount
from archive.actions.transcripts import text_facts, text_labels, versions
from archive.messages.rights import ACTION_LABELS, AUDIENCE_LABELS, REASON_LABELS
from archive.models import Interview, User
from archive.time import date_phrases, dates
from archive.web.accounts.accounts import role_name
from archive.web.core import current, forms, language, loaders
from transcription.timecode import format_clock

bp = Blueprint("explanations", __name__)


@dataclass(frozen=True, kw_only=True)
class ExplanationRow:
    """One line of the page, in the words of its language."""

    action: str
    is_allowed: bool
    reason: str


@bp.app_template_global("audience_names")
def audience_names() -> dict[str, str]:
    """Return the labels of the audiences, the widest first."""
    return {audience: label() for audience, label in AUDIENCE_LABELS.items()}


@bp.get("/interviews/<accession>/rights")
def show(accession: str) -> ResponseReturnValue:
    """Render the decisions for a reader and a day of the query string."""
    interview = loaders.interview(accession, "manage_accounts")
    db, settings = current.db(), current.settings()
    name = accounts.normal_email(request.args.get("as") or PUBLIC_NAME)
    form = forms.Form({"as": name, "on": request.args.get("on", "")})
    day = _day(form)
    try:
        reader = explanations.rights_as(db, name, settings, on=day)
    except UnknownAccount as refused:
        form.problems["as"] = messages.for_code(refused.code, **refused.facts).summary
        reader = explanations.rights_as(db, PUBLIC_NAME, settings, on=day)
    found = explanations.explain(db, current.rights(), interview, reader=reader)
    status = 200 if form.is_valid else 422
    return (
        render_template(
            "rights/explanations/show.html",
            interview=interview,
            form=form,
            on=dates.day_in_words(reader.on, language.code()),
            readers=_reader_options(),
            is_closed_account=explanations.is_closed_account(db, name),
            of_readers=_rows(interview, reader, [e for e in found if is_of_readers(e.action)]),
            of_staff=_rows(interview, reader, [e for e in found if not is_of_readers(e.action)]),
        ),
        status,
    )


def _day(form: forms.Form) -> date | None:
    """Return the day of the form; None if it is empty or, with a problem, not one day."""
    phrase = form.values["on"]
    edtf = date_phrases.to_edtf(phrase)
    if dates.is_exact_day(edtf):
        day = date.fromisoformat(edtf)
        if date_phrases.EARLIEST_YEAR <= day.year <= date_phrases.LATEST_YEAR:
            return day
    if phrase:
        example = dates.day_in_words(current.settings().today(), language.code())
        form.problems["on"] = _("This is not a day. Write it as %(example)s.", example=example)
    return None


def _reader_options() -> list[tuple[str, str]]:
    users = accounts.list_accounts(current.db(), current.rights())
    named = [(user.email, _account_label(user)) for user in users]
    return [(PUBLIC_NAME, _("A visitor without an account")), *named]


def _account_label(user: User) -> str:
    role = role_name(user.role)
    if user.is_active:
        return f"{user.name} ({role})"
    return str(_("%(name)s (%(role)s), account closed", name=user.name, role=role))


def _action_name(one: Explanation) -> str:
    name = ACTION_LABELS[one.action]()
    if one.span_ms is not None:
        start, end = (format_clock(time_ms) for time_ms in one.span_ms)
        words: str = _(
            "%(action)s: part %(part)s, from %(start)s to %(end)s",
            action=name,
            part=one.part,
            start=start,
            end=end,
        )
        return words
    return _("%(action)s: part %(part)s", action=name, part=one.part) if one.part else name


def _rows(
    interview: Interview, reader: Rights, found: Sequence[Explanation]
) -> list[ExplanationRow]:
    db = current.db()
    version = versions.current_version(db, interview)
    state = ""
    if version is not None:
        facts = text_facts.facts_of_one(db, current.rights(), version)
        state = " – ".join(text_labels.state_words(facts, language.code())).capitalize()
    role = role_name(reader.actor.role) if reader.actor.is_signed_in else ""
    audience = AUDIENCE_LABELS[interview.audience]()
    return [
        ExplanationRow(
            action=_action_name(one),
            is_allowed=one.is_allowed,
            reason=REASON_LABELS[one.reason](audience, state, role),
        )
        for one in found
    ]
