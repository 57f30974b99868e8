"""Exceptions by which actions refuse; every one has a stable code."""

from __future__ import annotations

from typing import Any

from archive.access.decision import Decision, may
from archive.access.policy import Action
from archive.access.rights import Rights
from archive.access.scope import ARCHIVE, Scope


class Refused(Exception):
    """Base of refusals. `code` is stable; `facts` fill the message."""

    code = "refused"

    def __init__(self, **facts: Any) -> None:
        super().__init__(f"{self.code}: {facts}" if facts else self.code)
        self.facts = facts


class NotAllowed(Refused):
    """The actor may know of the thing but may not perform the action on it."""

    code = "not_allowed"

    def __init__(self, decision: Decision, action: str) -> None:
        super().__init__(reason=decision.reason, action=action)
        self.decision = decision


class NotVisible(Refused):
    """Raised as 404: the response is identical to that for a missing object."""

    code = "not_visible"


def require(rights: Rights, action: Action, scope: Scope = ARCHIVE) -> None:
    """Raise NotVisible or NotAllowed unless `may()` allows the action."""
    decision = may(rights, action, scope)
    if decision.reason == "not_visible":
        raise NotVisible
    if not decision:
        raise NotAllowed(decision, action)
