"""Resumable uploads: create, receive, finish, discard.

An upload takes minutes, so no transaction is open while bytes arrive: `receive` and
`finish` open short ones of their own. After a kill at any line, the next call of
`load_progress` or `sweep` finishes a complete part; `finish` is idempotent.
"""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import NotVisible, Refused, Rights
from archive.actions.holdings import originals
from archive.actions.holdings.stored_files import store_in_vault
from archive.actions.holdings.upload_errors import (
    EmptyFile,
    ExceedsDeclaredLength,
    FileTooLong,
    NoSpace,
    UploadBusy,
    UploadEnded,
    UploadOffsetMismatch,
    UploadUnreadable,
)
from archive.models import Interview, MediaFile, Upload
from archive.models.base import new_id, utc_now
from archive.models.vocabulary import UploadState
from archive.toolbox import Toolbox
from media.disk import is_full
from media.kinds import RefusedKind
from media.part_errors import (
    Incomplete,
    NoSuchPart,
    OffsetMismatch,
    OutOfSpace,
    PartError,
    PartLocked,
    PartUnreadable,
    TooLong,
)
from media.vault import ByteStream, HashMismatch

LONGEST_FILE_BYTES = 64 * 1000**3
LONGEST_FILE_NAME = 200
SAMPLE_BYTES = 64 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class UploadProgress:
    """State of an upload; `offset_bytes` is the size of the part on disk."""

    upload_id: str
    filename: str
    length_bytes: int
    offset_bytes: int
    state: UploadState
    problem: str = ""
    media_file_id: str = ""
    interview_id: str = ""

    @property
    def is_complete(self) -> bool:
        """Return whether all declared bytes were received."""
        return self.offset_bytes == self.length_bytes


def create(
    db: Session,
    rights: Rights,
    interview: Interview,
    *,
    filename: str,
    length_bytes: int,
    toolbox: Toolbox,
) -> Upload:
    """Reserve disk space and create an upload; raises NoSpace before any byte is sent."""
    access.require(rights, "upload", access.Scope(interview))
    if length_bytes <= 0:
        raise EmptyFile(filename=filename)
    if length_bytes > LONGEST_FILE_BYTES:
        raise FileTooLong(longest_bytes=LONGEST_FILE_BYTES)
    upload = Upload(
        id=new_id(),
        interview_id=interview.id,
        user_id=rights.actor.user_id,
        filename=display_name(filename),
        length_bytes=length_bytes,
        expires_at=utc_now() + timedelta(hours=toolbox.settings.upload_expiry_h),
    )
    try:
        toolbox.parts.create(upload.id, length_bytes)
    except OutOfSpace as error:
        raise _refusal_of(error) from error
    db.add(upload)
    db.flush()
    return upload


def display_name(filename: str) -> str:
    """Normalise a file name for display: NFC, one line, no folders; never used as a path."""
    name = unicodedata.normalize("NFC", filename).replace("\\", "/").rpartition("/")[2]
    name = "".join(c if c.isprintable() else " " for c in name).strip()
    if len(name) > LONGEST_FILE_NAME:
        stem, dot, suffix = name.rpartition(".")
        name = stem[: LONGEST_FILE_NAME - len(suffix) - 1] + dot + suffix[:16] if dot else name
    return name[:LONGEST_FILE_NAME] or "unnamed"


def for_owner(db: Session, rights: Rights, upload_id: str) -> Upload:
    """Load an upload of this account; raises NotVisible for uploads of others."""
    upload = db.get(Upload, upload_id)
    if upload is None or not rights.actor.user_id or upload.user_id != rights.actor.user_id:
        raise NotVisible
    access.require(rights, "upload", access.Scope(db.get_one(Interview, upload.interview_id)))
    return upload


def load_progress(toolbox: Toolbox, rights: Rights, upload_id: str) -> UploadProgress:
    """Return the progress of an upload; finish it first if it is complete."""
    with toolbox.database.reading() as db:
        upload = for_owner(db, rights, upload_id)
    current = _read_progress(toolbox, upload)
    if current.state == "receiving" and current.is_complete:
        return finish_upload(toolbox, rights, upload_id)
    return current


def list_unfinished(
    db: Session, rights: Rights, interview: Interview, *, toolbox: Toolbox
) -> list[UploadProgress]:
    """Return the actor's unfinished uploads for an interview, oldest first."""
    rows = db.scalars(
        select(Upload)
        .where(
            Upload.interview_id == interview.id,
            Upload.user_id == rights.actor.user_id,
            Upload.state == "receiving",
        )
        .order_by(Upload.id)
    )
    unfinished = []
    for upload in rows:
        try:
            unfinished.append(_read_progress(toolbox, upload))
        except UploadEnded:
            continue
        except UploadUnreadable:
            log.warning("the received bytes of the upload %s cannot be read", upload.id)
    return unfinished


def receive(
    toolbox: Toolbox, rights: Rights, upload_id: str, *, offset: int, stream: ByteStream
) -> UploadProgress:
    """Append bytes to an upload and finish it after the last one.

    Raises UploadOffsetMismatch, UploadBusy, NoSpace, UploadUnreadable, UploadEnded, and
    ExceedsDeclaredLength, after which the upload is refused.
    """
    with toolbox.database.reading() as db:
        upload = for_owner(db, rights, upload_id)
    # Not by the date: the clock may have jumped, and the sweep expires uploads.
    if upload.state != "receiving":
        raise UploadEnded(state=upload.state)
    try:
        size = toolbox.parts.append(upload_id, offset, stream)
    except OffsetMismatch as error:
        raise UploadOffsetMismatch(offset=offset, expected=error.expected) from error
    except TooLong as error:
        # The file has grown since it was chosen: no part of it is the whole recording.
        _refuse(toolbox, rights, upload_id, problem=ExceedsDeclaredLength.code)
        raise ExceedsDeclaredLength(length_bytes=error.length) from error
    except PartError as error:
        raise _refusal_of(error) from error
    if size == upload.length_bytes:
        return finish_upload(toolbox, rights, upload_id)
    return _read_progress(toolbox, upload)


def matches_received_bytes(
    toolbox: Toolbox, rights: Rights, upload_id: str, *, offset: int, sample: bytes
) -> bool:
    """Return whether a file starts and continues like the bytes received so far.

    `sample` is the first and the last SAMPLE_BYTES before `offset`, concatenated. Name and
    length are not enough: recorders give every tape the same name, some the same length.
    """
    with toolbox.database.reading() as db:
        for_owner(db, rights, upload_id)
    try:
        head = toolbox.parts.peek(upload_id, 0, min(offset, SAMPLE_BYTES))
        start = max(0, offset - SAMPLE_BYTES)
        tail = toolbox.parts.peek(upload_id, start, offset - start)
    except PartError as error:
        raise _refusal_of(error) from error
    return head + tail == sample


def finish_upload(toolbox: Toolbox, rights: Rights, upload_id: str) -> UploadProgress:
    """Move a complete upload into the vault and register it; returns its final state.

    The state becomes `kept`, `duplicate` or `refused`. The part is deleted last: after a
    kill either the part or the object is left, and this can be called again. So can it
    after NoSpace: a vault without space or inodes leaves the complete part.
    """
    with toolbox.database.reading() as db:
        upload = for_owner(db, rights, upload_id)
        interview_id = upload.interview_id
    if upload.state != "receiving":
        return _read_progress(toolbox, upload)
    try:
        finished = toolbox.parts.finish(upload_id)
        stored = store_in_vault(
            toolbox, finished.path, filename=upload.filename, sha256=finished.sha256
        )
    except Incomplete:
        return _read_progress(toolbox, upload)
    except PartError as error:
        raise _refusal_of(error) from error
    except (RefusedKind, HashMismatch) as refused:
        return _refuse(toolbox, rights, upload_id, problem=_refusal_code(refused))
    except OSError as error:
        if not is_full(error):
            raise
        raise NoSpace(needed_bytes=0, free_bytes=toolbox.parts.free_bytes()) from error
    with toolbox.database.writing() as db:
        upload = db.get_one(Upload, upload_id, with_for_update=True)
        if upload.state == "receiving":
            interview = db.get_one(Interview, interview_id)
            registered = originals.register_original(db, rights, interview, stored=stored)
            upload.state = "duplicate" if registered.is_duplicate else "kept"
            upload.media_file_id = registered.file.id
    toolbox.parts.discard(upload_id)
    return _read_progress(toolbox, upload)


def attach_duplicate(db: Session, rights: Rights, upload: Upload) -> Interview:
    """Attach the original that this upload duplicates to the upload's interview."""
    if upload.state != "duplicate" or upload.media_file_id is None:
        raise UploadEnded(state=upload.state)
    interview = db.get_one(Interview, upload.interview_id)
    existing = db.get_one(MediaFile, upload.media_file_id)
    file = originals.register_again(db, rights, interview, existing=existing)
    upload.state, upload.media_file_id = "kept", file.id
    return interview


def discard(toolbox: Toolbox, rights: Rights, upload_id: str) -> None:
    """Discard an upload and delete its bytes; objects in the vault stay."""
    with toolbox.database.writing() as db:
        upload = for_owner(db, rights, upload_id)
        if upload.state == "receiving":
            upload.state = "discarded"
    discard_part(toolbox, upload_id)


def discard_part(toolbox: Toolbox, upload_id: str) -> int:
    """Delete the bytes of an upload; return 0 while a request still writes to it, else 1."""
    try:
        toolbox.parts.discard(upload_id)
    except PartLocked:
        return 0  # the last request still holds the lock; retried by the next sweep
    return 1


def _refuse(toolbox: Toolbox, rights: Rights, upload_id: str, *, problem: str) -> UploadProgress:
    with toolbox.database.writing() as db:
        upload = db.get_one(Upload, upload_id, with_for_update=True)
        if upload.state == "receiving":
            upload.state, upload.problem = "refused", problem
            audit.record(
                db,
                rights.actor,
                "file.refused",
                upload,
                outcome="failure",
                interview=db.get_one(Interview, upload.interview_id),
                filename=upload.filename,
                problem=problem,
                size_bytes=upload.length_bytes,
            )
    toolbox.parts.discard(upload_id)
    return _read_progress(toolbox, upload)


def _refusal_of(error: PartError) -> Refused:
    """Return the refusal that users see for an error of the store."""
    if isinstance(error, OutOfSpace):
        return NoSpace(needed_bytes=error.needed, free_bytes=error.free)
    if isinstance(error, PartLocked):
        return UploadBusy()
    if isinstance(error, PartUnreadable):
        return UploadUnreadable()
    if isinstance(error, NoSuchPart):
        return UploadEnded(state="expired")
    raise error


def _refusal_code(refused: RefusedKind | HashMismatch) -> str:
    return "damaged_on_the_way" if isinstance(refused, HashMismatch) else f"kind_{refused.code}"


def _read_progress(toolbox: Toolbox, upload: Upload) -> UploadProgress:
    facts: dict[str, Any] = {
        "upload_id": upload.id,
        "filename": upload.filename,
        "length_bytes": upload.length_bytes,
        "state": upload.state,
        "problem": upload.problem,
        "media_file_id": upload.media_file_id or "",
        "interview_id": upload.interview_id,
    }
    if upload.state in ("kept", "duplicate", "refused"):
        return UploadProgress(offset_bytes=upload.length_bytes, **facts)
    if upload.state == "receiving":
        try:
            return UploadProgress(offset_bytes=toolbox.parts.size(upload.id), **facts)
        except PartError as error:
            raise _refusal_of(error) from error
    raise UploadEnded(state=upload.state)
