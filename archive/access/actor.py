"""Actors: who performs an action. Events record the actor; `rights` say what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from archive.access.policy import STAFF_ROLES
from archive.models import User
from archive.models.vocabulary import USER_ROLES, Audience, UserRole


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The user or program that performs an action; without a role, the public."""

    user_id: str = ""
    name: str = ""
    role: UserRole | Literal[""] = ""

    @property
    def is_signed_in(self) -> bool:
        """Return whether the actor has an account with a known role."""
        return self.role in USER_ROLES

    @property
    def is_staff(self) -> bool:
        """Return whether the role is one of STAFF_ROLES."""
        return self.role in STAFF_ROLES

    @property
    def audiences(self) -> frozenset[Audience]:
        """The audiences of the actor; also the access terms of the search index."""
        if self.is_staff:
            return frozenset({"public", "registered", "staff"})
        if self.is_signed_in:
            return frozenset({"public", "registered"})
        return frozenset({"public"})


PUBLIC = Actor()


def actor_of_user(user: User) -> Actor:
    """Return the actor of an account; for an inactive account, the public."""
    return Actor(user_id=user.id, name=user.name, role=user.role) if user.is_active else PUBLIC


def machine(name: str) -> Actor:
    """Return an administrator actor for the program itself: worker or command line."""
    return Actor(name=name, role="administrator")
