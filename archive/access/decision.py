"""Decisions in Python: `may()` returns whether an action is allowed, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

from archive.access.actor import Actor
from archive.access.policy import ALLOWED, READER_ACTIONS, STAND_INS, Action, ReaderAction
from archive.access.rights import Rights
from archive.access.scope import ARCHIVE, Part, Scope
from archive.models import Interview, MediaFile, Recording, TranscriptVersion


@dataclass(frozen=True)
class Decision:
    """A decision with the code of its reason, which pages translate. True if allowed."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOW = Decision(True)


def may(rights: Rights, action: Action, scope: Scope = ARCHIVE) -> Decision:
    """Decide whether the action is allowed on the scope.

    Everything about an interview that the actor may not know of is refused as `not_visible`,
    whatever the role allows otherwise. A recording of which only a part is closed is known; what
    is given whole, such as its sound, is closed with that part.
    """
    if scope.interview is not None and not rights.admit(
        scope.interview, "know", scope, in_part=True
    ):
        return Decision(False, "not_visible")
    if is_of_readers(action):
        return _may_as_reader(rights, action, scope)
    if role_allows(rights.actor, action):
        return _state_allows(action, scope.part)
    if rights.actor.role in STAND_INS.get(action, ()):
        return ALLOW if rights.stands_in else Decision(False, "archivist_is_active")
    return _role_refusal(rights.actor)


def known_recordings(rights: Rights, interview: Interview) -> list[Recording]:
    """Return the recordings of which the actor may know, at least in part, by part."""
    return [
        recording
        for recording in interview.recordings
        if may(rights, "know", Scope(interview, recording_id=recording.id))
    ]


def role_allows(actor: Actor, action: Action) -> bool:
    """Return whether the policy table allows the action for the role of the actor."""
    return actor.role in ALLOWED.get(action, ())


def is_of_readers(action: Action) -> TypeGuard[ReaderAction]:
    """Return whether readers ask for this, so that audience and state decide, not the role."""
    return action in READER_ACTIONS


def _role_refusal(actor: Actor) -> Decision:
    return Decision(False, "sign_in" if not actor.is_signed_in else "other_role")


def _may_as_reader(rights: Rights, action: ReaderAction, scope: Scope) -> Decision:
    if scope.interview is None:
        return Decision(False, "nothing_named")
    needed: tuple[ReaderAction, ...] = () if action == "know" else ("know", action)
    # Who may not read a text gets it in no other form either.
    if isinstance(scope.part, TranscriptVersion) and action == "download":
        needed = ("know", "read", action)
    if not all(rights.admit(scope.interview, one, scope) for one in needed):
        return Decision(False, "closed")
    if isinstance(scope.part, MediaFile):
        return _may_have_file(rights.actor, scope.part)
    if action in ("know", "hear") or (action == "quote" and scope.part is None):
        return ALLOW
    return _may_have_text(rights, scope.part)


def _may_have_file(actor: Actor, file: MediaFile) -> Decision:
    """Decide on a file: originals and attachments, with their derivatives, are for some roles."""
    if file.role == "original":
        return ALLOW if role_allows(actor, "fetch_original") else _role_refusal(actor)
    if file.recording_id is None:
        return ALLOW if role_allows(actor, "see_files") else _role_refusal(actor)
    return ALLOW


def _may_have_text(rights: Rights, part: Part | None) -> Decision:
    if not isinstance(part, TranscriptVersion):
        return Decision(False, "nothing_named")
    if rights.actor.is_signed_in or part.state in rights.public_states:
        return ALLOW
    return Decision(False, "not_yet_approved")


def _state_allows(action: Action, part: Part | None) -> Decision:
    if isinstance(part, TranscriptVersion) and action == "correct" and part.state == "approved":
        return Decision(False, "frozen")
    return ALLOW
