"""Bytes that the archive has already, recognised before they are sent.

The browser asks by length, which costs nothing, and only when some original is that long
does it compute the SHA-256 of the file in hand. A twin whose bytes were found to be wrong
is never named: the file must be sent again, because that repairs it.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Actor
from archive.actions.uploads import plain_name
from archive.models import Interview, MediaFile, Upload
from archive.models.base import new_id, utc_now
from archive.toolbox import Toolbox


def any_of_length(db: Session, actor: Actor, interview: Interview, length_bytes: int) -> bool:
    """Whether it is worth computing a digest: some original has exactly this length."""
    access.require(actor, "upload", interview)
    found = db.scalar(
        select(MediaFile.id)
        .where(MediaFile.role == "original", MediaFile.size_bytes == length_bytes)
        .limit(1)
    )
    return found is not None


def recognise(
    db: Session, actor: Actor, interview: Interview, *,
    filename: str, length_bytes: int, sha256: str, toolbox: Toolbox,
) -> Upload | None:  # fmt: skip
    """An upload that has ended as a duplicate without a byte; None when the file must be sent.

    A twin in this interview is named before one elsewhere. The digest is the sender's
    word: it opens nothing that the actor may not see anyway.
    """
    access.require(actor, "upload", interview)
    twins = list(
        db.scalars(
            select(MediaFile)
            .where(
                MediaFile.role == "original", MediaFile.sha256 == sha256,
                MediaFile.size_bytes == length_bytes, MediaFile.check_state.in_(("", "ok")),
            )
            .order_by(MediaFile.id)
        )
    )  # fmt: skip
    if not twins or not toolbox.vault.has(sha256):
        return None
    twin = next((twin for twin in twins if twin.interview_id == interview.id), twins[0])
    upload = Upload(
        id=new_id(), interview_id=interview.id, user_id=actor.user_id, state="duplicate",
        filename=plain_name(filename), length_bytes=length_bytes, media_file_id=twin.id,
        expires_at=utc_now(),
    )  # fmt: skip
    db.add(upload)
    db.flush()
    audit.record(
        db, actor, "duplicate.found", twin, interview=interview,
        filename=upload.filename, size_bytes=length_bytes, sha256=sha256, sent=False,
    )  # fmt: skip
    return upload
