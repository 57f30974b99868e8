"""The archive's own name and choices, and the day it was opened."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import access, audit, queue
from archive.access import Actor, Refused
from archive.actions import accessions, accounts
from archive.actions.accounts import SignedIn
from archive.db import Database
from archive.models import Setting

DEFAULT_NAME = "Lời Kể"
SAMPLE_JOB = "load_sample"


class AlreadyOpen(Refused):
    """Somebody was faster: the archive has its administrator."""

    code = "already_open"


class NameMissing(Refused):
    """An archive needs a name: citations print it."""

    code = "site_name_missing"


@dataclass(frozen=True, kw_only=True)
class FirstRun:
    """What the first-run page asks."""

    site_name: str
    site_tagline: str
    language: str
    name: str
    email: str
    password: str
    with_sample: bool


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the office calls its archive; an empty tagline is not shown.

    `language` is what the office chose when it opened the archive; empty before that.
    Accession numbers that the archive gives begin with `accession_prefix`.
    """

    name: str = DEFAULT_NAME
    tagline: str = ""
    language: str = ""
    accession_prefix: str = accessions.DEFAULT_PREFIX


def site(database: Database) -> Site:
    """The name on every page."""
    with database.reading() as db:
        return Site(
            name=get(db, "site_name", DEFAULT_NAME), tagline=get(db, "site_tagline"),
            language=get(db, "language"), accession_prefix=accessions.prefix(db),
        )  # fmt: skip


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


def describe(db: Session, actor: Actor, told: Site) -> None:
    """Change the office's choices; an unknown language is Vietnamese.

    Numbers that were given keep their letters: links and citations hold them.
    """
    access.require(actor, "manage_office")
    if not told.name.strip():
        raise NameMissing
    letters = accessions.checked_prefix(told.accession_prefix)
    put(db, "site_name", told.name.strip())
    put(db, "site_tagline", told.tagline.strip())
    put(db, "language", "en" if told.language == "en" else "vi")
    put(db, accessions.PREFIX, letters)
    db.flush()
    audit.record(db, actor, "office.described", db.get_one(Setting, "site_name"))


def open_archive(db: Session, wish: FirstRun) -> SignedIn:
    """Create the administrator of an archive that has no account yet, and sign them in.

    Two people who send the form at once: the row `opened` can be written once only.
    """
    if not accounts.is_empty(db) or db.get(Setting, "opened") is not None:
        raise AlreadyOpen
    try:
        with db.begin_nested():
            put(db, "opened", "yes")
    except IntegrityError:
        raise AlreadyOpen from None
    administrator = accounts.add(
        db, access.machine("first run"), email=wish.email, name=wish.name,
        role="administrator", password=wish.password,
    )  # fmt: skip
    put(db, "site_name", wish.site_name or DEFAULT_NAME)
    put(db, "site_tagline", wish.site_tagline)
    put(db, "language", "en" if wish.language == "en" else "vi")
    administrator.language = "en" if wish.language == "en" else "vi"
    if wish.with_sample:
        queue.enqueue(
            db, SAMPLE_JOB, unique_key=SAMPLE_JOB, requested_by_id=administrator.id, priority=30
        )
    return accounts.open_session(db, administrator)
