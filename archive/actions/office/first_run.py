"""First run: create the first administrator of an archive without accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Refused, Rights
from archive.actions.accounts import accounts, sessions
from archive.actions.accounts.sessions import NewSession
from archive.actions.office import settings
from archive.models import Setting

SAMPLE_JOB = "load_sample"


class ArchiveAlreadyOpen(Refused):
    """The archive has an administrator already."""

    code = "already_open"


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


def open_archive(db: Session, rights: Rights, data: FirstRunInput) -> NewSession:
    """Create the first administrator and open their session; raises ArchiveAlreadyOpen.

    The unique row `opened` serialises two concurrent submissions.
    """
    if not accounts.has_no_accounts(db) or db.get(Setting, "opened") is not None:
        raise ArchiveAlreadyOpen
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
    settings.set_value(db, "site_name", data.site_name or settings.DEFAULT_NAME)
    settings.set_value(db, "site_tagline", data.site_tagline)
    settings.set_value(db, "language", "en" if data.language == "en" else "vi")
    administrator.language = "en" if data.language == "en" else "vi"
    if data.with_sample:
        queue.enqueue(
            db, SAMPLE_JOB, unique_key=SAMPLE_JOB, requested_by_id=administrator.id, priority=30
        )
    return sessions.open_session(db, administrator)
