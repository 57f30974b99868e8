"""The shape of an explanation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Message:
    """What a person reads: what happened, what is safe, what to do. The last two may be empty."""

    happened: str
    safe: str = ""
    advice: str = ""

    @property
    def beside_field(self) -> str:
        """In one line, for a form that still holds what was typed: that it is safe can be seen."""
        return f"{self.happened} {self.advice}".strip()


Sentence = Callable[[dict[str, Any]], Message]
