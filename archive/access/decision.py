"""Decisions in Python: `may()` returns whether an actor may perform an action, and why not."""

from __future__ import annotations

from dataclasses import dataclass

from archive.access.actor import Actor
from archive.access.policy import ALLOWED, Action
from archive.models import Interview, Job, MediaFile, TranscriptVersion


@dataclass(frozen=True)
class Decision:
    """A decision with the code of its reason, which pages translate. True if allowed."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOW = Decision(True)
Subject = Interview | TranscriptVersion | MediaFile | Job | None


def may(
    actor: Actor, action: Action, subject: Subject = None, *, interview: Interview | None = None
) -> Decision:
    """Decide whether `actor` may perform `action` on `subject`, which may need its interview.

    Everything about an interview that the actor may not view is refused as
    `not_visible`, whatever the role allows otherwise.
    """
    owner = subject if isinstance(subject, Interview) else interview
    if isinstance(subject, TranscriptVersion | MediaFile) and owner is None:
        raise ValueError("the interview that it belongs to is needed")
    if owner is not None and owner.audience not in actor.audiences:
        return Decision(False, "not_visible")
    if action == "view":
        return _may_view(actor, subject, owner)
    if action == "read":
        return _may_read(actor, subject)
    if role_allows(actor, action):
        return _state_allows(action, subject)
    return _role_refusal(actor)


def role_allows(actor: Actor, action: Action) -> bool:
    """Return whether the policy table allows the action for the role of the actor."""
    return actor.role in ALLOWED.get(action, frozenset())


def _role_refusal(actor: Actor) -> Decision:
    return Decision(False, "sign_in" if not actor.is_signed_in else "other_role")


def _may_view(actor: Actor, subject: Subject, owner: Interview | None) -> Decision:
    """Decide on "view"; derivatives of an attachment need the right to the attachment."""
    if owner is None:
        return Decision(False, "nothing_named")
    if isinstance(subject, MediaFile) and subject.recording_id is None:
        return ALLOW if role_allows(actor, "see_files") else _role_refusal(actor)
    return ALLOW


def _may_read(actor: Actor, subject: Subject) -> Decision:
    if not isinstance(subject, TranscriptVersion):
        return Decision(False, "nothing_named")
    if actor.is_signed_in or subject.state in actor.public_states:
        return ALLOW
    return Decision(False, "not_yet_approved")


def _state_allows(action: Action, subject: Subject) -> Decision:
    if (
        isinstance(subject, TranscriptVersion)
        and action == "correct"
        and subject.state == "approved"
    ):
        return Decision(False, "frozen")
    return ALLOW
