"""Settings of the archive that its administrators change on a page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.catalogue import accessions
from archive.models import Setting

DEFAULT_NAME = "Lời Kể"


class SiteNameMissing(Refused):
    """The archive needs a name, which citations print."""

    code = "site_name_missing"


@dataclass(frozen=True, kw_only=True)
class Site:
    """Name, tagline, default language and prefix of accession numbers.

    `language` is empty until the first run; an empty tagline is not shown.
    """

    name: str = DEFAULT_NAME
    tagline: str = ""
    language: str = ""
    accession_prefix: str = accessions.DEFAULT_PREFIX


def site(db: Session) -> Site:
    """Load the settings of the site."""
    return Site(
        name=get_value(db, "site_name", DEFAULT_NAME),
        tagline=get_value(db, "site_tagline"),
        language=get_value(db, "language"),
        accession_prefix=accessions.prefix(db),
    )


def get_value(db: Session, key: str, default: str = "") -> str:
    """Return the value of a setting, or `default` if it is not stored."""
    row = db.get(Setting, key)
    return row.value if row is not None else default


def set_value(db: Session, key: str, value: str) -> None:
    """Insert or update a setting."""
    row = db.get(Setting, key)
    if row is None:
        db.add(Setting(key=key, value=value))
    else:
        row.value = value


def update_site(db: Session, rights: Rights, data: Site) -> None:
    """Update the settings; an unknown language becomes Vietnamese.

    Existing accession numbers keep their prefix: links and citations contain them.
    """
    access.require(rights, "manage_office")
    if not data.name.strip():
        raise SiteNameMissing
    prefix = accessions.validate_prefix(data.accession_prefix)
    change = audit.name_change(get_value(db, "site_name", DEFAULT_NAME), data.name.strip())
    set_value(db, "site_name", data.name.strip())
    set_value(db, "site_tagline", data.tagline.strip())
    set_value(db, "language", "en" if data.language == "en" else "vi")
    set_value(db, accessions.PREFIX_SETTING, prefix)
    db.flush()
    audit.record(db, rights.actor, "office.described", db.get_one(Setting, "site_name"), **change)
