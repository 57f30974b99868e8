"""Errors about one upload in progress, raised by `parts.py`."""

from __future__ import annotations


class PartError(Exception):
    """Base of the errors about one upload. `code` is stable."""

    code = "part_error"

    def __init__(self, part_id: str, message: str) -> None:
        super().__init__(f"{part_id}: {message}")
        self.part_id = part_id


class NoSuchPart(PartError):
    """The id is unknown, discarded or malformed."""

    code = "no_such_part"


class PartExists(PartError):
    """The id is already in use."""

    code = "part_exists"


class PartLocked(PartError):
    """Another request, perhaps in another process, is writing to this upload."""

    code = "busy"


class OffsetMismatch(PartError):
    """The request's offset `found` is not the stored offset `expected`."""

    code = "offset_mismatch"

    def __init__(self, part_id: str, *, expected: int, found: int) -> None:
        super().__init__(part_id, f"offset is {expected}, not {found}")
        self.expected, self.found = expected, found


class TooLong(PartError):
    """More bytes were sent than declared; the upload stays incomplete."""

    code = "too_much"

    def __init__(self, part_id: str, *, length: int) -> None:
        super().__init__(part_id, f"more than the declared {length} bytes")
        self.length = length


class Incomplete(PartError):
    """Fewer bytes are stored than declared."""

    code = "incomplete"

    def __init__(self, part_id: str, *, expected: int, found: int) -> None:
        super().__init__(part_id, f"{found} of {expected} bytes")
        self.expected, self.found = expected, found


class OutOfSpace(PartError):
    """The disk is too full. Bytes already received are kept."""

    code = "out_of_space"

    def __init__(self, part_id: str, *, needed: int, free: int) -> None:
        super().__init__(part_id, f"needs {needed} bytes, {free} are free")
        self.needed, self.free = needed, free


class PartUnreadable(PartError):
    """The files of this upload are damaged or belong to another account; others are unaffected."""

    code = "part_unreadable"
