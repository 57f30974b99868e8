"""The people that tests speak of. All of them are invented.

Ada administers, Ben keeps the archive, Hoa collects interviews, Cleo corrects,
Rob reviews, Sam is a researcher from elsewhere, and `None` is the public.
"""

from __future__ import annotations

from dataclasses import dataclass

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
