"""The reasons for which a database is not migrated."""

from __future__ import annotations

from archive.access import Refused


class DatabaseNewer(Refused):
    """The database was migrated by a newer program."""

    code = "database_newer"


class DatabaseUnknown(Refused):
    """The database has tables but not one revision: of another program, or damaged."""

    code = "database_unknown"


class DatabaseDiffers(Refused):
    """The tables differ from those of the database's revision.

    `missing` and `unexpected` are lines of `schema.read_schema`, sorted.
    """

    code = "database_differs"

    def __init__(self, revision: str, missing: list[str], unexpected: list[str]) -> None:
        super().__init__(revision=revision, missing=missing, unexpected=unexpected)


class SafetyCopyFailed(Refused):
    """The copy before the migration is not whole; `reason` is that of the system."""

    code = "safety_copy_failed"
