"""What a person typed: cleaned, kept when something is wrong, with a sentence for each field."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from archive.actions.interviews import FIRST_YEAR, LAST_YEAR

SHORT = 300
LONG = 20_000


@dataclass
class Form:
    """Values by field name, as typed but clean; `problems` holds a sentence by field name."""

    values: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be said about any field."""
        return not self.problems

    def lines(self, name: str) -> list[str]:
        """A field with one entry a line or divided by semicolons, without empty ones."""
        parts = self.values.get(name, "").replace(";", "\n").split("\n")
        return [part.strip() for part in parts if part.strip()]

    def whole(self, name: str, *, lowest: int, highest: int, sentence: str) -> int | None:
        """A whole number or nothing; anything else becomes a problem."""
        text = self.values.get(name, "").strip()
        if not text:
            return None
        # Its length first: Python refuses to read a number of thousands of figures.
        is_short = len(text) <= len(str(highest))
        if is_short and text.isascii() and text.isdigit() and lowest <= int(text) <= highest:
            return int(text)
        self.problems[name] = sentence
        return None


def read(fields: Mapping[str, int]) -> Form:
    """The named fields of the request, each cut at its longest length in characters."""
    return Form({name: clean(request.form.get(name, ""))[:most] for name, most in fields.items()})


def year_asked(name: str) -> int | None:
    """A year of the address, of those that the archive keeps; anything else counts as not said."""
    year = request.args.get(name, type=int)
    return year if year is not None and FIRST_YEAR <= year <= LAST_YEAR else None


def clean(text: str) -> str:
    """NFC, line ends as one character, no control characters, no space around.

    Soft hyphens are dropped: typed text is never TCVN3, where they would be letters.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
    return "".join(c for c in kept if c != "\u00ad").strip()
