"""The archive's own name and choices."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from archive.db import Database
from archive.models import Setting

DEFAULT_NAME = "Lời Kể"


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the office calls its archive; an empty tagline is not shown."""

    name: str = DEFAULT_NAME
    tagline: str = ""


def site(database: Database) -> Site:
    """The name on every page."""
    with database.reading() as db:
        return Site(name=get(db, "site_name", DEFAULT_NAME), tagline=get(db, "site_tagline", ""))


def get(db: Session, key: str, default: str = "") -> str:
    """A choice, or `default` when it was never made."""
    row = db.get(Setting, key)
    return row.value if row is not None else default


def put(db: Session, key: str, value: str) -> None:
    """Make or change a choice."""
    row = db.get(Setting, key)
    if row is None:
        db.add(Setting(key=key, value=value))
    else:
        row.value = value
