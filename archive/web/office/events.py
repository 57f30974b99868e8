"""Pages with the history of an interview, a person, an account and the archive."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from archive.actions.catalogue import names
from archive.actions.office import event_history
from archive.actions.office.event_history import EventHistory
from archive.messages import events
from archive.models import Interview, Person
from archive.web.core import current, forms, loaders

bp = Blueprint("events", __name__)
bp.add_app_template_filter(events.event_label)
bp.add_app_template_filter(events.actor_label)
bp.add_app_template_filter(events.missing_copy_label)

RECENT = 5


@bp.app_template_global("recent_events_of_interview")
def _recent_of_interview(interview: Interview) -> EventHistory:
    return event_history.interview_events(
        current.db(), current.rights(), interview, most=RECENT, with_corrections=False
    )


@bp.app_template_global("recent_events_of_person")
def _recent_of_person(person: Person) -> EventHistory:
    return event_history.person_events(current.db(), current.rights(), person, most=RECENT)


@bp.get("/interviews/<accession>/history")
def interview_history(accession: str) -> ResponseReturnValue:
    """Render the history of an interview."""
    interview = loaders.interview(accession, "see_history")
    history = event_history.interview_events(
        current.db(), current.rights(), interview, before=_before()
    )
    return _render(history, interview.title, "interviews.show", accession=interview.accession)


@bp.get("/people/<person_id>/history")
def person_history(person_id: str) -> ResponseReturnValue:
    """Render the history of the record of a person."""
    person = loaders.person(person_id, "manage_people")
    history = event_history.person_events(current.db(), current.rights(), person, before=_before())
    name = names.name_for(current.rights(), person).full
    return _render(history, name, "people.edit", person_id=person.id)


@bp.get("/accounts/<user_id>/history")
def account_history(user_id: str) -> ResponseReturnValue:
    """Render the history of an account."""
    user = loaders.account(user_id, "manage_accounts")
    history = event_history.account_events(current.db(), current.rights(), user, before=_before())
    return _render(history, user.name, "accounts.catalogue")


@bp.get("/office/history")
def office_history() -> ResponseReturnValue:
    """Render the history of the archive as a whole."""
    history = event_history.office_events(current.db(), current.rights(), before=_before())
    return _render(history, _("Settings"), "settings.edit")


def _before() -> int | None:
    return forms.parse_digits(request.args.get("before", ""))


def _render(history: EventHistory, thing: str, endpoint: str, **arguments: str) -> str:
    """Render the history; `endpoint` with `arguments` is the page of the thing."""
    return render_template(
        "office/events/show.html",
        history=history,
        thing=thing,
        thing_endpoint=endpoint,
        arguments=arguments,
    )
