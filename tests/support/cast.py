"""The accounts that tests use. All people are invented.

Ada administers, Ben keeps the archive, Hoa collects interviews, Cleo corrects, Rob reviews, Sam is
an external researcher, and `None` is the public.
"""

from __future__ import annotations

from dataclasses import dataclass

from archive.actions.accounts import accounts, sessions
from archive.db import Database

PASSWORD = "a long enough secret"


@dataclass(frozen=True)
class Member:
    name: str
    email: str
    role: str


CAST = {
    "ada": Member("Ada", "ada@archive.test", "administrator"),
    "ben": Member("Ben", "ben@archive.test", "archivist"),
    "hoa": Member("Hoa", "hoa@archive.test", "historian"),
    "cleo": Member("Cleo", "cleo@archive.test", "editor"),
    "rob": Member("Rob", "rob@archive.test", "reviewer"),
    "sam": Member("Sam", "sam@archive.test", "researcher"),
}
EVERYBODY: tuple[str | None, ...] = (*CAST, None)


def session_of(database: Database, name: str) -> str:
    """Open a session for a member and return its token, without the slow password check."""
    with database.writing() as db:
        user = accounts.by_email(db, CAST[name].email)
        assert user is not None
        return sessions.open_session(db, user).token
