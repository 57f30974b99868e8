"""Actors: who performs an action. Built by web, cli and jobs and passed to every action."""

from __future__ import annotations

from dataclasses import dataclass

from archive.access.policy import STAFF_ROLES
from archive.models import User
from archive.models.vocabulary import USER_ROLES


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The user or program that performs an action; without a role, the public."""

    user_id: str = ""
    name: str = ""
    role: str = ""
    public_states: frozenset[str] = frozenset({"approved"})

    @property
    def is_signed_in(self) -> bool:
        """Return whether the actor has an account with a known role."""
        return self.role in USER_ROLES

    @property
    def is_staff(self) -> bool:
        """Return whether the role is one of STAFF_ROLES."""
        return self.role in STAFF_ROLES

    @property
    def audiences(self) -> frozenset[str]:
        """The audiences of the actor; also the access terms of the search index."""
        if self.is_staff:
            return frozenset({"public", "registered", "staff"})
        if self.is_signed_in:
            return frozenset({"public", "registered"})
        return frozenset({"public"})


def public_actor(public_states: frozenset[str]) -> Actor:
    """Return the actor of a request without a sign-in."""
    return Actor(public_states=public_states)


def actor_of_user(user: User, public_states: frozenset[str]) -> Actor:
    """Return the actor of an account; for an inactive account, the public."""
    if not user.is_active:
        return public_actor(public_states)
    return Actor(user_id=user.id, name=user.name, role=user.role, public_states=public_states)


def machine(name: str) -> Actor:
    """Return an administrator actor for the program itself: worker or command line."""
    return Actor(name=name, role="administrator")
