"""Refusals of uploads. Received bytes are kept, except where a class excludes it."""

from __future__ import annotations

from archive.access import Refused


class EmptyFile(Refused):
    """Raised for files of 0 bytes."""

    code = "empty_file"


class FileTooLong(Refused):
    """Raised for files of more than `longest_bytes`."""

    code = "file_too_long"


class NoSpace(Refused):
    """Raised if the disk is full: `needed_bytes`, `free_bytes`. Received bytes are kept."""

    code = "no_space"


class UploadEnded(Refused):
    """Raised for uploads that are finished, discarded or expired, see `state`."""

    code = "upload_ended"


class UploadBusy(Refused):
    """Raised while another request writes to this upload."""

    code = "upload_busy"


class UploadOffsetMismatch(Refused):
    """Raised if `offset` is not the size on disk, which is `expected`."""

    code = "offset_differs"


class ExceedsDeclaredLength(Refused):
    """Raised for bytes beyond the declared `length_bytes`; the upload ends and nothing is kept."""

    code = "more_than_declared"


class UploadUnreadable(Refused):
    """Raised if the received bytes of one upload cannot be read; others are unaffected."""

    code = "upload_unreadable"
