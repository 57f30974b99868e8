"""Who may do what: the only place where rights are decided.

Read it as a policy. `may()` answers with a reason; `visible()` is the same rule as
SQL, and a property test holds the two equal. What is not allowed here is forbidden.

Three audiences, each wider than the one before: *staff* (everybody who works here),
*registered* (whoever has an account) and *public*. An interview is known to its
audience. Its text is shown to the public only in the states that the office chose
(`Settings.public_states`); whoever has an account sees every state, with its label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeVarTuple

from sqlalchemy import Select, false, true

from archive.models import Interview, Job, MediaFile, TranscriptVersion, User
from archive.models.user import ROLES

Columns = TypeVarTuple("Columns")

Action = Literal[
    "view",  # know that it exists, read its description, hear the access copy
    "read",  # read and export the text of a version
    "see_history",  # who changed which words
    "create",  # a new interview
    "describe",  # change title, people, dates, audience, contents
    "upload",  # add files
    "see_files",  # names, digests and history of originals; attachments, closed by default
    "fetch_original",  # the bytes as they were received
    "transcribe",  # start, cancel and repeat machine transcription
    "import_text",  # bring in a transcript from a file
    "correct",  # change the words of a version
    "approve",  # freeze a version, open a new one after it
    "see_jobs",  # what the machine is doing
    "check_fixity",
    "manage_people",
    "manage_accounts",
    "manage_office",  # name of the archive, sample, settings
]

STAFF_ROLES = frozenset({"administrator", "archivist", "historian", "editor", "reviewer"})

ALLOWED: dict[Action, frozenset[str]] = {
    "see_history": STAFF_ROLES,
    "create": frozenset({"administrator", "archivist", "historian"}),
    "describe": frozenset({"administrator", "archivist", "historian"}),
    "upload": frozenset({"administrator", "archivist", "historian"}),
    "see_files": STAFF_ROLES,
    "fetch_original": frozenset({"administrator", "archivist"}),
    "transcribe": frozenset({"administrator", "archivist", "historian", "editor"}),
    "import_text": frozenset({"administrator", "archivist", "historian", "editor"}),
    "correct": frozenset({"administrator", "archivist", "editor", "reviewer"}),
    "approve": frozenset({"administrator", "archivist", "reviewer"}),
    "see_jobs": STAFF_ROLES,
    "check_fixity": frozenset({"administrator", "archivist"}),
    "manage_people": frozenset({"administrator", "archivist", "historian"}),
    "manage_accounts": frozenset({"administrator"}),
    "manage_office": frozenset({"administrator"}),
}


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Whoever asks. Without a role it is the public; made at the edge, passed everywhere."""

    user_id: str = ""
    name: str = ""
    role: str = ""
    public_states: frozenset[str] = frozenset({"approved"})

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody with an account asks; a role that is not known here opens nothing."""
        return self.role in ROLES

    @property
    def is_staff(self) -> bool:
        """Whether the actor works in the archive."""
        return self.role in STAFF_ROLES

    @property
    def audiences(self) -> frozenset[str]:
        """The audiences the actor belongs to; also the search index's access terms."""
        if self.is_staff:
            return frozenset({"public", "registered", "staff"})
        if self.is_signed_in:
            return frozenset({"public", "registered"})
        return frozenset({"public"})


def public(public_states: frozenset[str]) -> Actor:
    """The actor behind a request without a sign-in."""
    return Actor(public_states=public_states)


def of_user(user: User, public_states: frozenset[str]) -> Actor:
    """The actor of an account; an inactive account is no more than the public."""
    if not user.is_active:
        return public(public_states)
    return Actor(user_id=user.id, name=user.name, role=user.role, public_states=public_states)


def machine(name: str) -> Actor:
    """The program itself: the worker, or the command line in the hands of who owns the files."""
    return Actor(name=name, role="administrator")


@dataclass(frozen=True)
class Decision:
    """An answer with its reason, a code that pages translate. True when allowed."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


class Refused(Exception):
    """Something an action will not do. Subclasses carry the facts; `code` is stable."""

    code = "refused"

    def __init__(self, **facts: Any) -> None:
        super().__init__(f"{self.code}: {facts}" if facts else self.code)
        self.facts = facts


class NotAllowed(Refused):
    """The actor may know the thing but may not do this with it."""

    code = "not_allowed"

    def __init__(self, decision: Decision, action: str) -> None:
        super().__init__(reason=decision.reason, action=action)
        self.decision = decision


class NotVisible(Refused):
    """The actor may not know that the thing exists: answered exactly like a thing that does not."""

    code = "not_visible"


YES = Decision(True)
Thing = Interview | TranscriptVersion | MediaFile | Job | None


def may(
    actor: Actor, action: Action, thing: Thing = None, *, interview: Interview | None = None
) -> Decision:
    """Whether `actor` may do `action`; what belongs to an interview needs the interview too.

    Anything about an interview that the actor may not know of is refused as
    `not_visible`, whatever the role would otherwise allow.
    """
    owner = thing if isinstance(thing, Interview) else interview
    if isinstance(thing, TranscriptVersion | MediaFile) and owner is None:
        raise ValueError("the interview that it belongs to is needed")
    if owner is not None and owner.audience not in actor.audiences:
        return Decision(False, "not_visible")
    if action == "view":
        return _may_view(actor, thing, owner)
    if action == "read":
        return _may_read(actor, thing)
    if _role_allows(actor, action):
        return _state_allows(action, thing)
    return _not_this_role(actor)


def require(
    actor: Actor, action: Action, thing: Thing = None, *, interview: Interview | None = None
) -> None:
    """Raise NotVisible or NotAllowed unless `may()` agrees."""
    decision = may(actor, action, thing, interview=interview)
    if decision.reason == "not_visible":
        raise NotVisible
    if not decision:
        raise NotAllowed(decision, action)


def visible(query: Select[*Columns], actor: Actor) -> Select[*Columns]:
    """Narrow a SELECT that names Interview (and perhaps TranscriptVersion) to what may be seen.

    The same rule as `may(actor, "view", interview)`.
    """
    return query.where(Interview.audience.in_(sorted(actor.audiences)))


def readable(query: Select[*Columns], actor: Actor) -> Select[*Columns]:
    """Narrow a SELECT that names both Interview and TranscriptVersion to text that may be read.

    The same rule as `may(actor, "read", version, interview=interview)`.
    """
    by_state = (
        true() if actor.is_signed_in else TranscriptVersion.state.in_(sorted(actor.public_states))
    )
    return visible(query, actor).where(by_state)


def visible_jobs(query: Select[*Columns], actor: Actor) -> Select[*Columns]:
    """Narrow a SELECT that joins Job with Interview, where it has one, to work that may be seen.

    The same rule as `may(actor, "see_jobs", job, interview=interview)`.
    """
    if not _role_allows(actor, "see_jobs"):
        return query.where(false())
    return query.where(Job.interview_id.is_(None) | Interview.audience.in_(sorted(actor.audiences)))


def text_access_term(audience: str, state: str, public_states: frozenset[str]) -> str:
    """The widest audience that may read a text in this state: the index's access term."""
    if audience == "public" and state not in public_states:
        return "registered"
    return audience


def _role_allows(actor: Actor, action: Action) -> bool:
    return actor.role in ALLOWED.get(action, frozenset())


def _not_this_role(actor: Actor) -> Decision:
    return Decision(False, "sign_in" if not actor.is_signed_in else "other_role")


def _may_view(actor: Actor, thing: Thing, owner: Interview | None) -> Decision:
    """What is made from an attachment is as closed as the attachment."""
    if owner is None:
        return Decision(False, "nothing_named")
    if isinstance(thing, MediaFile) and thing.recording_id is None:
        return YES if _role_allows(actor, "see_files") else _not_this_role(actor)
    return YES


def _may_read(actor: Actor, thing: Thing) -> Decision:
    if not isinstance(thing, TranscriptVersion):
        return Decision(False, "nothing_named")
    if actor.is_signed_in or thing.state in actor.public_states:
        return YES
    return Decision(False, "not_yet_approved")


def _state_allows(action: Action, thing: Thing) -> Decision:
    if isinstance(thing, TranscriptVersion) and action == "correct" and thing.state == "approved":
        return Decision(False, "frozen")
    return YES
