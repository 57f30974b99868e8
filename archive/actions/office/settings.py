"""Settings of the archive that its administrators change on a page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.catalogue import accessions
from archive.models import Setting
from archive.text import text_input

PROGRAM_NAME = "Lời Kể"  # on pages of an archive that has no name yet
FOUR_EYES = "four_eyes"  # key of the rule


class SiteNameMissing(Refused):
    """The archive needs a name of its own, not that of the program: citations print it."""

    code = "site_name_missing"


@dataclass(frozen=True, kw_only=True)
class Site:
    """Name, tagline, default language and prefix of accession numbers.

    `name` is empty until the office has given one, `language` until the first run; an empty
    tagline is not shown. `four_eyes` is the rule of `transcripts.four_eyes`.
    """

    name: str = ""
    tagline: str = ""
    language: str = ""
    accession_prefix: str = accessions.DEFAULT_PREFIX
    four_eyes: str = "auto"

    @property
    def shown_name(self) -> str:
        """The name for pages: that of the program until the office has given one."""
        return self.name or PROGRAM_NAME


def site(db: Session) -> Site:
    """Load the settings of the site."""
    return Site(
        name=own_name(get_value(db, "site_name")),
        tagline=get_value(db, "site_tagline"),
        language=get_value(db, "language"),
        accession_prefix=accessions.prefix(db),
        four_eyes=get_value(db, FOUR_EYES, "auto"),
    )


def own_name(name: str) -> str:
    """Return the name of an archive; empty for that of the program, which first runs suggested."""
    name = text_input.single_line(name)
    return "" if name.casefold() == PROGRAM_NAME.casefold() else name


def require_own_name(name: str) -> str:
    """Return the name that an archive is given; raises SiteNameMissing."""
    if not own_name(name):
        raise SiteNameMissing
    return own_name(name)


def name_for_citations(db: Session) -> str:
    """Return the archive and the office that keeps it; empty before either has a name."""
    of_site = site(db)
    return ", ".join(dict.fromkeys(filter(None, (of_site.name, of_site.tagline))))


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
    name = require_own_name(data.name)
    prefix = accessions.validate_prefix(data.accession_prefix)
    change = audit.name_change(site(db).shown_name, name)
    set_value(db, "site_name", name)
    set_value(db, "site_tagline", text_input.single_line(data.tagline))
    set_value(db, "language", "en" if data.language == "en" else "vi")
    set_value(db, accessions.PREFIX_SETTING, prefix)
    rule = data.four_eyes if data.four_eyes in ("always", "never") else "auto"
    rule_before = get_value(db, FOUR_EYES, "auto")
    if rule != rule_before:
        change["four_eyes"] = {"before": rule_before, "after": rule}
    set_value(db, FOUR_EYES, rule)
    db.flush()
    audit.record(db, rights.actor, "office.described", db.get_one(Setting, "site_name"), **change)
