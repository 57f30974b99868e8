"""Files on their way in: begun, continued, put away, given up.

Bytes flow for minutes, so nothing here holds the database while they do: `receive` and
`finish` take the toolbox and open short transactions of their own. A process may be
killed between any two lines: how much is here is the size of the part on the disk, a
whole part is finished by whoever looks at it next, and finishing twice is finishing once.
"""

from __future__ import annotations

import contextlib
import errno
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Actor, NotVisible, Refused
from archive.actions import holdings, technical
from archive.models import Interview, MediaFile, Upload, User
from archive.models.base import new_id, utc_now
from archive.toolbox import Toolbox
from media.kinds import Kind, RefusedKind, sniff
from media.parts import Busy, Incomplete, NoSuchPart, OffsetMismatch, OutOfSpace, TooMuch
from media.vault import ByteStream, HashMismatch

LONGEST_FILE_BYTES = 64 * 1000**3
LONGEST_NAME = 200
SAMPLE_BYTES = 64 * 1024
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


class EmptyFile(Refused):
    """A file without a byte."""

    code = "empty_file"


class FileTooLong(Refused):
    """`longest_bytes` is what one file may have."""

    code = "file_too_long"


class NoSpace(Refused):
    """The disk of the archive cannot take it: `needed_bytes`, `free_bytes`. What came is kept."""

    code = "no_space"


class UploadEnded(Refused):
    """The upload was finished, given up or swept away; `state` says which."""

    code = "upload_ended"


class UploadBusy(Refused):
    """Another request is writing to this upload right now."""

    code = "upload_busy"


class OffsetDiffers(Refused):
    """The sender believes `offset`; the disk holds `expected` bytes."""

    code = "offset_differs"


class MoreThanDeclared(Refused):
    """More bytes came than the `length_bytes` that were declared; the surplus is not kept."""

    code = "more_than_declared"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an upload is, as plain values; `offset_bytes` is what lies on the disk."""

    upload_id: str
    filename: str
    length_bytes: int
    offset_bytes: int
    state: str
    problem: str = ""
    media_file_id: str = ""
    interview_id: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every declared byte is here."""
        return self.offset_bytes == self.length_bytes


def start(
    db: Session, actor: Actor, interview: Interview, *,
    filename: str, length_bytes: int, toolbox: Toolbox,
) -> Upload:  # fmt: skip
    """Promise room for a file and begin it. Raises NoSpace before a byte was sent."""
    access.require(actor, "upload", interview)
    if length_bytes <= 0:
        raise EmptyFile(filename=filename)
    if length_bytes > LONGEST_FILE_BYTES:
        raise FileTooLong(longest_bytes=LONGEST_FILE_BYTES)
    upload = Upload(
        id=new_id(), interview_id=interview.id, user_id=actor.user_id,
        filename=plain_name(filename), length_bytes=length_bytes,
        expires_at=utc_now() + timedelta(hours=toolbox.settings.upload_expiry_h),
    )  # fmt: skip
    try:
        toolbox.parts.create(upload.id, length_bytes)
    except OutOfSpace as error:
        raise NoSpace(needed_bytes=error.needed, free_bytes=error.free) from error
    db.add(upload)
    db.flush()
    return upload


def plain_name(filename: str) -> str:
    """A name to show and to offer again: NFC, one line, no folders; never part of a path."""
    name = unicodedata.normalize("NFC", filename).replace("\\", "/").rpartition("/")[2]
    name = "".join(c if c.isprintable() else " " for c in name).strip()
    if len(name) > LONGEST_NAME:
        stem, dot, suffix = name.rpartition(".")
        name = stem[: LONGEST_NAME - len(suffix) - 1] + dot + suffix[:16] if dot else name
    return name[:LONGEST_NAME] or "unnamed"


def own(db: Session, actor: Actor, upload_id: str) -> Upload:
    """An upload of the actor; anybody else's does not exist for them."""
    upload = db.get(Upload, upload_id)
    if upload is None or not actor.user_id or upload.user_id != actor.user_id:
        raise NotVisible
    access.require(actor, "upload", db.get_one(Interview, upload.interview_id))
    return upload


def progress(toolbox: Toolbox, actor: Actor, upload_id: str) -> Progress:
    """How far it is; a whole upload that nobody had finished is finished first."""
    with toolbox.database.reading() as db:
        upload = own(db, actor, upload_id)
    now = _progress(toolbox, upload)
    if now.state == "receiving" and now.is_whole:
        return finish(toolbox, actor, upload_id)
    return now


def unfinished(
    db: Session, actor: Actor, interview: Interview, *, toolbox: Toolbox
) -> list[Progress]:
    """What this person began for this interview and did not finish, oldest first."""
    rows = db.scalars(
        select(Upload)
        .where(
            Upload.interview_id == interview.id, Upload.user_id == actor.user_id,
            Upload.state == "receiving", Upload.expires_at > utc_now(),
        )
        .order_by(Upload.id)
    )  # fmt: skip
    found = []
    for upload in rows:
        try:
            found.append(_progress(toolbox, upload))
        except UploadEnded:
            continue
    return found


def receive(
    toolbox: Toolbox, actor: Actor, upload_id: str, *, offset: int, stream: ByteStream
) -> Progress:
    """Append to an upload, and finish it when that was the last byte.

    Raises OffsetDiffers, UploadBusy, NoSpace, MoreThanDeclared, UploadEnded; whatever
    had come before stays, and `progress` tells how much.
    """
    with toolbox.database.reading() as db:
        upload = own(db, actor, upload_id)
    if upload.state != "receiving" or upload.expires_at <= utc_now():
        raise UploadEnded(state=upload.state)
    try:
        size = toolbox.parts.append(upload_id, offset, stream)
    except OffsetMismatch as error:
        raise OffsetDiffers(offset=offset, expected=error.expected) from error
    except Busy as error:
        raise UploadBusy from error
    except OutOfSpace as error:
        raise NoSpace(needed_bytes=error.needed, free_bytes=error.free) from error
    except TooMuch as error:
        raise MoreThanDeclared(length_bytes=error.length) from error
    except NoSuchPart as error:
        raise UploadEnded(state="expired") from error
    if size == upload.length_bytes:
        return finish(toolbox, actor, upload_id)
    return _progress(toolbox, upload)


def is_same(toolbox: Toolbox, actor: Actor, upload_id: str, *, offset: int, sample: bytes) -> bool:
    """Whether a chosen file is the one that was being sent, by both ends of what is here.

    `sample` is the first and the last SAMPLE_BYTES before `offset`, one after the other:
    recorders give every tape the same name, and some the same length.
    """
    with toolbox.database.reading() as db:
        own(db, actor, upload_id)
    try:
        head = toolbox.parts.peek(upload_id, 0, min(offset, SAMPLE_BYTES))
        start = max(0, offset - SAMPLE_BYTES)
        tail = toolbox.parts.peek(upload_id, start, offset - start)
    except NoSuchPart as error:
        raise UploadEnded(state="expired") from error
    return head + tail == sample


def finish(toolbox: Toolbox, actor: Actor, upload_id: str) -> Progress:
    """Put a whole upload away: look what it is, move it into the vault, make its rows.

    Ends as `kept`, `duplicate` or `refused`. The part is forgotten last, so that a kill
    on the way leaves either the part or the object, and this can be called again.
    """
    with toolbox.database.reading() as db:
        upload = own(db, actor, upload_id)
        interview_id = upload.interview_id
    if upload.state != "receiving":
        return _progress(toolbox, upload)
    try:
        finished = toolbox.parts.finish(upload_id)
    except Incomplete:
        return _progress(toolbox, upload)
    except Busy as error:
        raise UploadBusy from error
    except NoSuchPart as error:
        raise UploadEnded(state="expired") from error
    try:
        arrival = put_away(toolbox, finished.path, filename=upload.filename, sha256=finished.sha256)
    except (RefusedKind, HashMismatch) as refused:
        return _refuse(toolbox, actor, upload_id, problem=_code(refused))
    with toolbox.database.writing() as db:
        upload = db.get_one(Upload, upload_id, with_for_update=True)
        if upload.state == "receiving":
            interview = db.get_one(Interview, interview_id)
            registered = holdings.register(db, actor, interview, arrival=arrival)
            upload.state = "duplicate" if registered.is_duplicate else "kept"
            upload.media_file_id = registered.file.id
    toolbox.parts.discard(upload_id)
    return _progress(toolbox, upload)


def put_away(toolbox: Toolbox, path: Path, *, filename: str, sha256: str) -> holdings.Arrival:
    """Move a whole file into the vault, unless an earlier life of this process did.

    Raises RefusedKind before anything is moved, and HashMismatch when the disk gives
    back other bytes than those that were received.
    """
    if not path.exists() and toolbox.vault.has(sha256):
        path = toolbox.vault.path(sha256)
    kind = sniff(path, filename)
    repaired = False
    if path != toolbox.vault.path(sha256):
        repaired = toolbox.vault.adopt(path, sha256=sha256).repaired
    return describe(toolbox, kind, filename=filename, sha256=sha256, repaired=repaired)


def describe(
    toolbox: Toolbox, kind: Kind, *, filename: str, sha256: str, repaired: bool = False
) -> holdings.Arrival:
    """What is known about an object of the vault once a child process has looked into it."""
    path = toolbox.vault.path(sha256)
    return holdings.Arrival(
        filename=filename, sha256=sha256, size_bytes=path.stat().st_size, group=kind.group,
        media_type=kind.media_type, technical=technical.look_into(path, kind), repaired=repaired,
    )  # fmt: skip


def keep_here_too(db: Session, actor: Actor, upload: Upload) -> Interview:
    """The person knows that the file is elsewhere already, and says it belongs here as well."""
    if upload.state != "duplicate" or upload.media_file_id is None:
        raise UploadEnded(state=upload.state)
    interview = db.get_one(Interview, upload.interview_id)
    twin = db.get_one(MediaFile, upload.media_file_id)
    file = holdings.repeat(db, actor, interview, of=twin)
    upload.state, upload.media_file_id = "kept", file.id
    return interview


def discard(toolbox: Toolbox, actor: Actor, upload_id: str) -> None:
    """Give an upload up and free its bytes. What is in the vault already stays there."""
    with toolbox.database.writing() as db:
        upload = own(db, actor, upload_id)
        if upload.state == "receiving":
            upload.state = "discarded"
    _forget(toolbox, upload_id)


def sweep(toolbox: Toolbox) -> int:
    """Finish what a kill left whole, close what expired, free the bytes; how many were freed."""
    _finish_whole(toolbox)
    with toolbox.database.writing() as db:
        for upload in db.scalars(
            select(Upload).where(Upload.state == "receiving", Upload.expires_at <= utc_now())
        ):
            upload.state = "expired"
    swept = 0
    settled = utc_now() - timedelta(hours=24)
    for part_id in list(toolbox.parts.expired(settled)):
        with toolbox.database.reading() as db:
            row = db.get(Upload, part_id)
        if row is None or row.state != "receiving":
            swept += _forget(toolbox, part_id)
    return swept


def _finish_whole(toolbox: Toolbox) -> None:
    with toolbox.database.reading() as db:
        rows = db.execute(
            select(Upload, User)
            .join(User, User.id == Upload.user_id)
            .where(Upload.state == "receiving", Upload.expires_at > utc_now())
        ).all()
    for upload, user in rows:
        actor = access.of_user(user, toolbox.settings.public_states)
        with contextlib.suppress(Refused):  # gone, busy, or no longer theirs to finish
            progress(toolbox, actor, upload.id)


def _forget(toolbox: Toolbox, upload_id: str) -> int:
    try:
        toolbox.parts.discard(upload_id)
    except Busy:
        return 0  # its last request is still ending; the next sweep takes it
    return 1


def _refuse(toolbox: Toolbox, actor: Actor, upload_id: str, *, problem: str) -> Progress:
    with toolbox.database.writing() as db:
        upload = db.get_one(Upload, upload_id, with_for_update=True)
        if upload.state == "receiving":
            upload.state, upload.problem = "refused", problem
            audit.record(
                db, actor, "file.refused", upload, outcome="failure",
                interview=db.get_one(Interview, upload.interview_id),
                filename=upload.filename, problem=problem, size_bytes=upload.length_bytes,
            )  # fmt: skip
    toolbox.parts.discard(upload_id)
    return _progress(toolbox, upload)


def _code(refused: RefusedKind | HashMismatch) -> str:
    return "damaged_on_the_way" if isinstance(refused, HashMismatch) else f"kind_{refused.code}"


def _progress(toolbox: Toolbox, upload: Upload) -> Progress:
    facts: dict[str, Any] = {
        "upload_id": upload.id, "filename": upload.filename,
        "length_bytes": upload.length_bytes, "state": upload.state,
        "problem": upload.problem, "media_file_id": upload.media_file_id or "",
        "interview_id": upload.interview_id,
    }  # fmt: skip
    if upload.state in ("kept", "duplicate"):
        return Progress(offset_bytes=upload.length_bytes, **facts)
    if upload.state == "receiving" and upload.expires_at > utc_now():
        try:
            return Progress(offset_bytes=toolbox.parts.size(upload.id), **facts)
        except NoSuchPart as error:
            raise UploadEnded(state="expired") from error
    if upload.state == "refused":
        return Progress(offset_bytes=upload.length_bytes, **facts)
    raise UploadEnded(state=upload.state if upload.state != "receiving" else "expired")
