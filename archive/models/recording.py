"""Recordings, their media files and uploads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive.models.base import Base, Ulid, new_id, utc_now
from archive.models.vocabulary import CheckState, FileRole, UploadState


class Recording(Base):
    """One sitting or one side of a tape. Media time counts from its start, in ms."""

    __tablename__ = "recording"
    __table_args__ = (UniqueConstraint("interview_id", "part"),)

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(
        ForeignKey("interview.id", ondelete="CASCADE"), index=True
    )
    part: Mapped[int]
    is_video: Mapped[bool] = mapped_column(default=False)
    duration_ms: Mapped[int | None]
    recorded_as_written: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class MediaFile(Base):
    """A file with a role and a digest.

    An original is stored in the vault under its SHA-256 and never changed. A derivative
    names its source and recipe; its `path` is relative to the folder of derivatives.
    `problem` is the code of a failed derivation; then `path` is empty.
    """

    __tablename__ = "media_file"
    __table_args__ = (Index("ix_media_file_derived", "derived_from_id", "recipe"),)

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(
        ForeignKey("interview.id", ondelete="CASCADE"), index=True
    )
    recording_id: Mapped[str | None] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[FileRole] = mapped_column(default="original")
    group: Mapped[str] = mapped_column("file_group", default="sound")
    derived_from_id: Mapped[str | None] = mapped_column(
        ForeignKey("media_file.id", ondelete="CASCADE")
    )
    recipe: Mapped[str] = mapped_column(default="")
    recipe_version: Mapped[int] = mapped_column(default=0)
    path: Mapped[str] = mapped_column(default="")
    filename: Mapped[str] = mapped_column(default="")
    media_type: Mapped[str] = mapped_column(default="application/octet-stream")
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(default="", index=True)
    technical: Mapped[dict[str, Any]] = mapped_column(default=dict)
    problem: Mapped[str] = mapped_column(default="")
    received_by_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    checked_at: Mapped[datetime | None]
    check_state: Mapped[CheckState] = mapped_column(default="")


class Upload(Base):
    """An upload by tus 1.0. Its offset is the size of the part file on disk.

    `media_file_id` is the stored file, or the existing one of which it is a duplicate.
    """

    __tablename__ = "upload"

    id: Mapped[str] = mapped_column(Ulid, primary_key=True, default=new_id)
    interview_id: Mapped[str] = mapped_column(
        ForeignKey("interview.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[str] = mapped_column(ForeignKey("user.id"), index=True)
    filename: Mapped[str]
    length_bytes: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[UploadState] = mapped_column(default="receiving")
    problem: Mapped[str] = mapped_column(default="")
    media_file_id: Mapped[str | None] = mapped_column(
        ForeignKey("media_file.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
