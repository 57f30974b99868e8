"""Detection of duplicates before the bytes are sent.

The browser first sends the length, which costs nothing. It computes the SHA-256 of the file
only if some original has that length. Duplicates whose last fixity check failed are skipped,
so that the upload repairs them.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Rights
from archive.actions.holdings.uploads import display_name
from archive.models import Interview, MediaFile, Upload
from archive.models.base import new_id, utc_now
from archive.toolbox import Toolbox


def any_original_of_length(
    db: Session, rights: Rights, interview: Interview, length_bytes: int
) -> bool:
    """Return whether an original has exactly this length, so that a digest is needed."""
    access.require(rights, "upload", access.Scope(interview))
    file_id = db.scalar(
        select(MediaFile.id)
        .where(MediaFile.role == "original", MediaFile.size_bytes == length_bytes)
        .limit(1)
    )
    return file_id is not None


def create_duplicate_upload(
    db: Session,
    rights: Rights,
    interview: Interview,
    *,
    filename: str,
    length_bytes: int,
    sha256: str,
    toolbox: Toolbox,
) -> Upload | None:
    """Store an upload in the state `duplicate`; return None if the file must be sent.

    An original of this interview is preferred to one of another. The digest is not
    verified: a false one grants no access to the original.
    """
    access.require(rights, "upload", access.Scope(interview))
    duplicates = list(
        db.scalars(
            select(MediaFile)
            .where(
                MediaFile.role == "original",
                MediaFile.sha256 == sha256,
                MediaFile.size_bytes == length_bytes,
                MediaFile.check_state.in_(("", "ok")),
            )
            .order_by(MediaFile.id)
        )
    )
    if not duplicates or not toolbox.vault.has(sha256):
        return None
    duplicate = next(
        (duplicate for duplicate in duplicates if duplicate.interview_id == interview.id),
        duplicates[0],
    )
    upload = Upload(
        id=new_id(),
        interview_id=interview.id,
        user_id=rights.actor.user_id,
        state="duplicate",
        filename=display_name(filename),
        length_bytes=length_bytes,
        media_file_id=duplicate.id,
        expires_at=utc_now(),
    )
    db.add(upload)
    db.flush()
    audit.record(
        db,
        rights.actor,
        "duplicate.found",
        duplicate,
        interview=interview,
        filename=upload.filename,
        size_bytes=length_bytes,
        sha256=sha256,
        sent=False,
    )
    return upload
