"""First run: create the first administrator of an archive without accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive import access, queue
from archive.access import Refused, Rights
from archive.actions.accounts import accounts, sessions
from archive.actions.accounts.sessions import NewSession
from archive.actions.office import settings
from archive.models import Interview, MediaFile, Setting, User
from archive.models.base import is_id
from archive.text import text_input
from archive.toolbox import Toolbox

SAMPLE_JOB = "load_sample"


class ArchiveAlreadyOpen(Refused):
    """The archive has an administrator already."""

    code = "already_open"


class RecordsLost(Refused):
    """There are originals or copies, and the database holds neither an account nor an interview."""

    code = "records_lost"


class VaultMissing(Refused):
    """The database holds an archive, and the folder of its originals is not there."""

    code = "vault_missing"


def require_records(db: Session | None, tools: Toolbox) -> None:
    """Raise RecordsLost beside files of an archive; `db` is None without a database.

    A new archive must not be opened over the files of one whose database was lost. Copies count
    too: they are all that is left where the originals lie on a disk that is away.
    """
    if db is not None and _has_records(db):
        return
    if next(tools.vault.keys(), None) is not None or _has_copies(tools.derivatives_dir):
        raise RecordsLost


def require_vault(db: Session, tools: Toolbox) -> None:
    """Raise VaultMissing where a database with records has no folder for originals, or no file.

    On the mount point of a disk that is away every original would be missing, and new ones would
    lie beneath the disk once it is back. Originals that a restore found missing do not count.
    """
    originals = select(MediaFile.id).where(
        MediaFile.role == "original", MediaFile.sha256 != "", MediaFile.check_state != "missing"
    )
    is_there = tools.settings.vault_dir.is_dir()
    if is_there and next(tools.vault.keys(), None) is not None:
        return
    if (not is_there and _has_records(db)) or db.scalar(originals.limit(1)) is not None:
        raise VaultMissing(folder=str(tools.settings.vault_dir))


def _has_records(db: Session) -> bool:
    known = (select(User.id).limit(1), select(Interview.id).limit(1))
    return any(db.scalar(query) is not None for query in known)


def _has_copies(folder: Path) -> bool:
    """Return whether there is a folder of copies: systems put files of their own beside them."""
    return folder.is_dir() and any(is_id(path.name) for path in folder.iterdir())


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


def open_archive(db: Session, rights: Rights, data: FirstRunInput, *, tools: Toolbox) -> NewSession:
    """Create the first administrator and open their session.

    Raises ArchiveAlreadyOpen, RecordsLost or SiteNameMissing.

    The unique row `opened` serialises two concurrent submissions.
    """
    if not accounts.has_no_accounts(db) or db.get(Setting, "opened") is not None:
        raise ArchiveAlreadyOpen
    require_records(db, tools)
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
    settings.set_value(db, "site_tagline", text_input.single_line(data.site_tagline))
    settings.set_value(db, "language", "en" if data.language == "en" else "vi")
    administrator.language = "en" if data.language == "en" else "vi"
    if data.with_sample:
        queue.enqueue(
            db, SAMPLE_JOB, unique_key=SAMPLE_JOB, requested_by_id=administrator.id, priority=30
        )
    return sessions.open_session(db, administrator)
