"""First run: create the first administrator of an archive without accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Refused, Rights
from archive.actions.accounts import accounts, sessions
from archive.actions.accounts.sessions import NewSession
from archive.actions.office import settings
from archive.models import Interview, Setting, User
from media.vault import Vault

SAMPLE_JOB = "load_sample"


class ArchiveAlreadyOpen(Refused):
    """The archive has an administrator already."""

    code = "already_open"


class RecordsLost(Refused):
    """The vault holds originals, and the database holds neither an account nor an interview."""

    code = "records_lost"


def require_records(db: Session | None, vault: Vault) -> None:
    """Raise RecordsLost beside a vault with originals; `db` is None without a database.

    A new archive must not be opened over the originals of one whose database was lost.
    """
    if next(vault.keys(), None) is None:
        return
    known = (select(User.id).limit(1), select(Interview.id).limit(1))
    if db is None or all(db.scalar(query) is None for query in known):
        raise RecordsLost


@dataclass(frozen=True, kw_only=True)
class FirstRunInput:
    """The fields of the first-run form."""

    site_name: str
    site_tagline: str
    language: str
    name: str
    email: str
    password: str
    with_sample: bool


def open_archive(db: Session, rights: Rights, data: FirstRunInput, *, vault: Vault) -> NewSession:
    """Create the first administrator and open their session.

    Raises ArchiveAlreadyOpen, RecordsLost or SiteNameMissing.

    The unique row `opened` serialises two concurrent submissions.
    """
    if not accounts.has_no_accounts(db) or db.get(Setting, "opened") is not None:
        raise ArchiveAlreadyOpen
    require_records(db, vault)
    site_name = settings.require_own_name(data.site_name)
    try:
        with db.begin_nested():
            settings.set_value(db, "opened", "yes")
    except IntegrityError:
        raise ArchiveAlreadyOpen from None
    administrator = accounts.add(
        db,
        replace(rights, actor=access.machine("first run")),
        email=data.email,
        name=data.name,
        role="administrator",
        password=data.password,
    )
    settings.set_value(db, "site_name", site_name)
    settings.set_value(db, "site_tagline", data.site_tagline)
    settings.set_value(db, "language", "en" if data.language == "en" else "vi")
    administrator.language = "en" if data.language == "en" else "vi"
    if data.with_sample:
        queue.enqueue(
            db, SAMPLE_JOB, unique_key=SAMPLE_JOB, requested_by_id=administrator.id, priority=30
        )
    return sessions.open_session(db, administrator)
