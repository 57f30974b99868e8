"""Types of messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Message:
    """A message for users: what happened, what is safe, what to do. The last two may be empty."""

    summary: str
    reassurance: str = ""
    advice: str = ""

    @property
    def beside_field(self) -> str:
        """Summary and advice in one line, for a form that still holds the submitted values."""
        return f"{self.summary} {self.advice}".strip()


MessageFactory = Callable[[dict[str, Any]], Message]
TextFactory = Callable[[], str]
