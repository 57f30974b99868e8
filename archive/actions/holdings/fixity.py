"""Fixity checks: read originals again, compare digests, record the results.

Reading a gigabyte takes longer than a transaction may, so `Vault.check` runs outside one and
`record_check` stores its result. PREMIS 3 calls the event a *fixity check*; success and
failure are both recorded, with the algorithm and both digests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Rights
from archive.models import Event, Interview, MediaFile
from archive.models.base import utc_now
from archive.models.vocabulary import CheckState
from media.vault import FixityCheck, Vault

CHECK_EVERY = timedelta(days=90)
CLOCK_TOLERANCE = timedelta(days=1)
FILE_TIME_TOLERANCE = timedelta(seconds=2)  # FAT stores even seconds
NIGHTLY_BYTES = 200 * 1024**3  # about half an hour of an ordinary disk


@dataclass(frozen=True, kw_only=True)
class FixityResult:
    """Check result of one original; `found` is the digest of its bytes, if readable."""

    file_id: str
    accession: str
    filename: str
    sha256: str
    size_bytes: int
    state: CheckState
    found: str = ""

    @property
    def is_intact(self) -> bool:
        """Return whether the bytes are those that were received."""
        return self.state == "ok"

    def as_dict(self) -> dict[str, Any]:
        """Return the result as JSON-serialisable values."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An object of the vault that is to be checked.

    `is_touched`: its file was written to after the program last found it intact.
    """

    sha256: str
    size_bytes: int
    is_touched: bool = False


WritingSession = Callable[[], AbstractContextManager[Session]]


def candidates(
    db: Session, rights: Rights, *, include_recent: bool, limit_bytes: int | None = None
) -> list[Candidate]:
    """Return objects to check, each once: never checked first, then the oldest check first.

    Without `include_recent` only objects whose check is 90 days old, failed, or lies ahead of
    the clock.
    """
    access.require(rights, "check_fixity")
    now = utc_now()
    last_checked = func.min(MediaFile.checked_at)
    query = (
        select(MediaFile.sha256, func.max(MediaFile.size_bytes))
        .where(MediaFile.role == "original", MediaFile.sha256 != "")
        .group_by(MediaFile.sha256)
        .order_by(func.count(MediaFile.checked_at) > 0, last_checked, MediaFile.sha256)
    )
    if not include_recent:
        query = query.where(
            or_(
                MediaFile.checked_at.is_(None),
                MediaFile.checked_at < now - CHECK_EVERY,
                MediaFile.checked_at > now + CLOCK_TOLERANCE,
                MediaFile.check_state != "ok",
            )
        )
    chosen: list[Candidate] = []
    total = 0
    for sha256, size_bytes in db.execute(query):
        total += size_bytes
        if chosen and limit_bytes is not None and total > limit_bytes:
            break
        chosen.append(Candidate(sha256=sha256, size_bytes=size_bytes))
    return chosen


def candidate_of(db: Session, rights: Rights, file_id: str) -> list[Candidate]:
    """Return the object of one original; empty if the row was deleted meanwhile."""
    access.require(rights, "check_fixity")
    file = db.get(MediaFile, file_id)
    if file is None or file.role != "original":
        return []
    return [Candidate(sha256=file.sha256, size_bytes=file.size_bytes)]


def record_check(
    db: Session, rights: Rights, sha256: str, check: FixityCheck
) -> list[FixityResult]:
    """Store a fixity check on each original with this SHA-256, and record an event for each."""
    access.require(rights, "check_fixity")
    results = []
    rows = db.execute(
        select(MediaFile, Interview)
        .join(Interview, Interview.id == MediaFile.interview_id)
        .where(MediaFile.sha256 == sha256, MediaFile.role == "original")
        .order_by(MediaFile.id)
    )
    for file, interview in rows.all():
        file.checked_at = utc_now()
        file.check_state = check.state
        result = FixityResult(
            file_id=file.id,
            accession=interview.accession,
            filename=file.filename,
            sha256=sha256,
            size_bytes=file.size_bytes,
            state=check.state,
            found=check.found or "",
        )
        audit.record(
            db,
            rights.actor,
            "fixity.checked",
            file,
            interview=interview,
            outcome="success" if result.is_intact else "failure",
            algorithm="SHA-256",
            expected=sha256,
            found=result.found,
            state=check.state,
        )
        results.append(result)
    return results


def check_each(
    vault: Vault, rights: Rights, candidates: list[Candidate], *, writing: WritingSession
) -> Iterator[list[FixityResult]]:
    """Check the objects in order; commit each result before the next object is read."""
    for candidate in candidates:
        check = vault.check(candidate.sha256)
        with writing() as db:
            results = record_check(db, rights, candidate.sha256, check)
        yield results


def find_suspects(db: Session, rights: Rights, vault: Vault) -> list[Candidate]:
    """Return objects that are missing, of a wrong length or touched, or whose last check failed.

    Reads no content: `check_again` finds out whether they are intact.
    """
    access.require(rights, "check_fixity")
    # A restore writes every file, and reads it back.
    restored_at = db.scalar(select(func.max(Event.at)).where(Event.kind == "archive.restored"))
    rows = db.execute(
        select(
            MediaFile.sha256,
            func.max(MediaFile.size_bytes),
            func.count(case((MediaFile.check_state.not_in(("", "ok")), 1))),
            func.max(MediaFile.checked_at),
            func.min(MediaFile.received_at),
        )
        .where(MediaFile.role == "original", MediaFile.sha256 != "")
        .group_by(MediaFile.sha256)
        .order_by(MediaFile.sha256)
    )
    now = utc_now()
    suspects = []
    for sha256, size_bytes, failed, checked_at, received_at in rows:
        # What lies ahead was stored by a wrong clock and shows nothing.
        known = [at for at in (checked_at, received_at, restored_at) if at and at <= now]
        modified_at = vault.modified_at(sha256)
        is_touched = (
            modified_at is not None
            and modified_at <= now
            and modified_at > max(known, default=now) + FILE_TIME_TOLERANCE
        )
        if is_touched or failed or vault.size_bytes(sha256) != size_bytes:
            candidate = Candidate(sha256=sha256, size_bytes=size_bytes, is_touched=is_touched)
            suspects.append(candidate)
    return suspects


def check_again(
    vault: Vault, rights: Rights, suspects: list[Candidate], *, writing: WritingSession
) -> list[FixityResult]:
    """Read objects again; store the results that changed, and return those that are wrong."""
    wrong = []
    for candidate in suspects:
        check = vault.check(candidate.sha256)
        with writing() as db:
            states = set(
                db.scalars(
                    select(MediaFile.check_state).where(
                        MediaFile.sha256 == candidate.sha256, MediaFile.role == "original"
                    )
                )
            )
            if candidate.is_touched or states != {check.state}:
                record_check(db, rights, candidate.sha256, check)
        if check.state != "ok":
            wrong.append(candidate.sha256)
    with writing() as db:
        return [result for result in failed_checks(db, rights) if result.sha256 in wrong]


def failed_checks(db: Session, rights: Rights) -> list[FixityResult]:
    """Return originals whose last check failed, the latest first."""
    access.require(rights, "see_jobs")
    rows = db.execute(
        select(MediaFile, Interview)
        .join(Interview, Interview.id == MediaFile.interview_id)
        .where(
            MediaFile.role == "original",
            MediaFile.check_state.in_(("mismatch", "missing", "unreadable")),
        )
        .order_by(MediaFile.checked_at.desc())
    )
    return [
        FixityResult(
            file_id=file.id,
            accession=interview.accession,
            filename=file.filename,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            state=file.check_state,
        )
        for file, interview in rows
    ]
