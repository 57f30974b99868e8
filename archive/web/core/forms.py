"""Form values as submitted: cleaned, kept on errors, with a problem message per field."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request

from archive import messages
from archive.access import Refused
from archive.actions.catalogue.interviews import FIRST_YEAR, LAST_YEAR


@dataclass
class Form:
    """Cleaned values by field name, and problem messages by field name."""

    values: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        """Return whether no field has a problem."""
        return not self.problems

    def lines(self, name: str) -> list[str]:
        """Return the non-empty entries of a field, separated by line ends or semicolons."""
        parts = self.values.get(name, "").replace(";", "\n").split("\n")
        return [part.strip() for part in parts if part.strip()]

    def whole_number(self, name: str, *, lowest: int, highest: int, message: str) -> int | None:
        """Return a whole number, or None if empty; any other text adds `message` as a problem."""
        text = self.values.get(name, "").strip()
        if not text:
            return None
        # Its length first: Python refuses to read a number of thousands of figures.
        is_short = len(text) <= len(str(highest))
        if is_short and text.isascii() and text.isdigit() and lowest <= int(text) <= highest:
            return int(text)
        self.problems[name] = message
        return None

    def add_refusal(
        self,
        refused: Refused,
        field_of_code: Mapping[str, str],
        field_of_fact: Mapping[str, str] | None = None,
    ) -> None:
        """Add the message of a refusal to its field; raise the refusal if it has no field.

        The field is that of the code, else the one that the refusal names as `field`, by the name
        that `field_of_fact` gives it. The first problem of a field is kept.
        """
        fact = str(refused.facts.get("field", ""))
        name = field_of_code.get(refused.code) or (field_of_fact or {}).get(fact, fact)
        if not name:
            raise refused
        message = messages.for_code(refused.code, **refused.facts)
        self.problems.setdefault(name, message.beside_field)


def from_request(fields: Mapping[str, int]) -> Form:
    """Return the named fields of the request, each cut to its maximum length in characters."""
    return Form(
        {
            name: clean_field(request.form.get(name, ""))[:max_length]
            for name, max_length in fields.items()
        }
    )


def year_argument(name: str) -> int | None:
    """Return a year of the query string, or None if missing, invalid or out of range."""
    year = request.args.get(name, type=int)
    return year if year is not None and FIRST_YEAR <= year <= LAST_YEAR else None


def clean_field(text: str) -> str:
    """Return NFC text with LF line ends, no control characters and no surrounding space.

    Soft hyphens are dropped: typed text is never TCVN3, where they would be letters.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
    return "".join(c for c in kept if c != "\u00ad").strip()


def parse_digits(value: str) -> int | None:
    """Return a whole number below 10^19 in ASCII digits, or None for anything else."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None
