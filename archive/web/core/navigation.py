"""Main navigation: implemented pages that the actor may open."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _
from flask_babel import pgettext

from archive import access
from archive.web.core import current

# Endpoints of the blueprint of a navigation entry that do not belong to the entry.
PROFILE_ENDPOINTS = frozenset(
    {"accounts.profile", "accounts.save_profile", "accounts.save_password"}
)


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation."""

    endpoint: str
    label: str
    is_current: bool


def nav_items() -> list[NavItem]:
    """Return the navigation entries for the actor."""
    rights = current.rights()
    entries = [("home.show", _("Discover")), ("interviews.catalogue", _("Catalogue"))]
    if access.may(rights, "manage_people"):
        # Short label: five entries share one row. The page itself has the long title.
        entries.append(("people.catalogue", pgettext("navigation", "People")))
    if access.may(rights, "see_jobs"):
        entries.append(("jobs.catalogue", _("Processing")))
    if access.may(rights, "manage_accounts"):
        entries.append(("accounts.catalogue", _("Accounts")))
    endpoint = request.endpoint or ""
    blueprint = "" if endpoint in PROFILE_ENDPOINTS else endpoint.split(".")[0]
    blueprint = {"merging": "people"}.get(blueprint, blueprint)
    return [NavItem(name, label, name.split(".")[0] == blueprint) for name, label in entries]
