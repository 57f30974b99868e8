"""Fixity: read originals again, compare, write down what was found.

Reading a gigabyte takes longer than any transaction may, so the bytes are measured
outside (`measure`) and the finding is noted afterwards (`note`). PREMIS 3 calls the
event a *fixity check*; both outcomes are kept, with the algorithm and both digests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Actor
from archive.models import Interview, MediaFile
from archive.models.base import utc_now
from media.vault import Check, Vault

CHECK_EVERY = timedelta(days=90)
NIGHTLY_BYTES = 200 * 1024**3  # about half an hour of an ordinary disk


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One original and the state it was found in; `found` is its present digest, if readable."""

    file_id: str
    accession: str
    filename: str
    sha256: str
    size_bytes: int
    state: str
    found: str = ""

    @property
    def is_right(self) -> bool:
        """Whether every byte is the byte that was received."""
        return self.state == "ok"

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An object of the vault that is to be read, under its digest."""

    sha256: str
    size_bytes: int


Writing = Callable[[], AbstractContextManager[Session]]


def candidates(
    db: Session, actor: Actor, *, everything: bool, limit_bytes: int | None = None
) -> list[Candidate]:
    """What to read next: never read first, then the longest unread; each object once.

    Without `everything` only what is due after 90 days, or was found wrong before.
    """
    access.require(actor, "check_fixity")
    oldest = func.min(MediaFile.checked_at)
    query = (
        select(MediaFile.sha256, func.max(MediaFile.size_bytes))
        .where(MediaFile.role == "original", MediaFile.sha256 != "")
        .group_by(MediaFile.sha256)
        .order_by(func.count(MediaFile.checked_at) > 0, oldest, MediaFile.sha256)
    )
    if not everything:
        query = query.where(
            or_(
                MediaFile.checked_at.is_(None),
                MediaFile.checked_at < utc_now() - CHECK_EVERY,
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


def candidate(db: Session, actor: Actor, file_id: str) -> list[Candidate]:
    """The object of one original; nothing when the row is gone by now."""
    access.require(actor, "check_fixity")
    file = db.get(MediaFile, file_id)
    if file is None or file.role != "original":
        return []
    return [Candidate(sha256=file.sha256, size_bytes=file.size_bytes)]


def note(db: Session, actor: Actor, sha256: str, check: Check) -> list[Finding]:
    """Write the state on every row of this object, one event each."""
    access.require(actor, "check_fixity")
    findings = []
    rows = db.execute(
        select(MediaFile, Interview)
        .join(Interview, Interview.id == MediaFile.interview_id)
        .where(MediaFile.sha256 == sha256, MediaFile.role == "original")
        .order_by(MediaFile.id)
    )
    for file, interview in rows.all():
        file.checked_at = utc_now()
        file.check_state = check.state
        finding = Finding(
            file_id=file.id, accession=interview.accession, filename=file.filename,
            sha256=sha256, size_bytes=file.size_bytes, state=check.state, found=check.found or "",
        )  # fmt: skip
        audit.record(
            db, actor, "fixity.checked", file, interview=interview,
            outcome="success" if finding.is_right else "failure",
            algorithm="SHA-256", expected=sha256, found=finding.found, state=check.state,
        )  # fmt: skip
        findings.append(finding)
    return findings


def check_each(
    vault: Vault, actor: Actor, chosen: list[Candidate], *, writing: Writing
) -> Iterator[list[Finding]]:
    """Read one object after the other; each finding is committed before the next is read."""
    for candidate in chosen:
        check = vault.check(candidate.sha256)
        with writing() as db:
            findings = note(db, actor, candidate.sha256, check)
        yield findings


def wrong(db: Session, actor: Actor) -> list[Finding]:
    """What the last reading of each original found wrong or missing."""
    access.require(actor, "see_jobs")
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
        Finding(
            file_id=file.id, accession=interview.accession, filename=file.filename,
            sha256=file.sha256, size_bytes=file.size_bytes, state=file.check_state,
        )
        for file, interview in rows
    ]  # fmt: skip
