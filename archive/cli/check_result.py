"""The result of one check of `flask doctor`."""

from __future__ import annotations

from dataclasses import dataclass

MAX_LISTED_NAMES = 5


@dataclass(frozen=True)
class CheckResult:
    """The result of one check; a warning does not make the command fail.

    `advice` is what to do; empty if nothing is to be done.
    """

    check: str
    state: str
    detail: str
    advice: str = ""


def first_names(names: list[str]) -> str:
    """Return the number of names and the first few."""
    more = ", …" if len(names) > MAX_LISTED_NAMES else ""
    return f"{len(names)} ({', '.join(sorted(names)[:MAX_LISTED_NAMES])}{more})"
