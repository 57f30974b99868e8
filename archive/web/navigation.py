"""The places a person can go: only what works, and only what their role may open."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from archive import access
from archive.web import current

# Pages of a door's blueprint that do not lie behind the door.
OWN_PAGES = frozenset({"accounts.profile", "accounts.save_profile", "accounts.save_password"})


@dataclass(frozen=True)
class Door:
    """One entry of the navigation."""

    endpoint: str
    label: str
    current: bool


def doors() -> list[Door]:
    """What the present actor is shown at the top of every page."""
    actor = current.actor()
    entries = [("home.show", _("Discover")), ("interviews.catalogue", _("Catalogue"))]
    if access.may(actor, "manage_people"):
        entries.append(("people.catalogue", _("People")))
    if access.may(actor, "see_jobs"):
        entries.append(("jobs.catalogue", _("Work in progress")))
    if access.may(actor, "manage_accounts"):
        entries.append(("accounts.catalogue", _("Accounts")))
    endpoint = request.endpoint or ""
    here = "" if endpoint in OWN_PAGES else endpoint.split(".")[0]
    return [Door(name, label, name.split(".")[0] == here) for name, label in entries]
