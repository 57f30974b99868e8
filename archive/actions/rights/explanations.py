"""Why a reader may or may not do something with an interview, for the administrator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal

from sqlalchemy.orm import Session

from archive import access
from archive.access import ACTIONS, ARCHIVE, Action, Refused, Rights, Scope
from archive.actions.accounts import accounts
from archive.actions.transcripts import versions
from archive.actions.transcripts.redaction import END_OF_TIME_MS
from archive.models import Interview, Recording
from archive.settings import Settings

# The reader without an account, beside the e-mail addresses of accounts.
PUBLIC_NAME = "public"
# Actions on the archive itself: no interview opens or closes them.
ON_THE_ARCHIVE: frozenset[Action] = frozenset(
    {"create", "check_fixity", "manage_people", "manage_accounts", "manage_office"}
)
OF_TEXTS: frozenset[Action] = frozenset({"read", "download", "quote"})

Basis = Literal["role", "audience", "account", "state", "grant"]


class UnknownAccount(Refused):
    """Raised for an e-mail address that no account has; fact `email`."""

    code = "unknown_account"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The decision on one action.

    `reason` is the code of the refusal (`hidden_by_rule`: not visible, though the audience would
    admit the reader), or of what permits it: the `role`, the `audience` of the
    interview, the `state` of the text, an `account` (its holders read every state), a `grant`.
    `part` is the number of a recording to which another answer applies than to the interview,
    `span_ms` the times within it, None for all of it.
    """

    action: Action
    is_allowed: bool
    reason: str
    part: int | None = None
    span_ms: tuple[int, int] | None = None


def rights_as(db: Session, name: str, settings: Settings, *, on: date | None = None) -> Rights:
    """Return the rights of an account by e-mail, or of the public; raises UnknownAccount.

    Without a day, on the current one.
    """
    if name == PUBLIC_NAME:
        rights = access.rights_today(access.PUBLIC, settings)
    else:
        user = accounts.by_email(db, name)
        if user is None:
            raise UnknownAccount(email=name[:80])
        rights = accounts.rights_of(db, user, settings)
    return replace(rights, on=on) if on is not None else rights


def is_closed_account(db: Session, name: str) -> bool:
    """Return whether this is an account with which no sign-in is possible any more."""
    user = accounts.by_email(db, name) if name != PUBLIC_NAME else None
    return user is not None and not user.is_active


def explain(
    db: Session, rights: Rights, interview: Interview, *, reader: Rights
) -> list[Explanation]:
    """Return the decision on every action, in the order of the policy, with its reason.

    After them come those on recordings, or on times of them, that differ. Decisions on texts are
    those on the current version. For administrators only.
    """
    access.require(rights, "manage_accounts", Scope(interview))
    scope = Scope(interview, versions.current_version(db, interview))
    found = [
        _explain(reader, action, ARCHIVE if action in ON_THE_ARCHIVE else scope)
        for action in ACTIONS
    ]
    return found + _explain_recordings(reader, scope, found)


def _explain_recordings(
    reader: Rights, scope: Scope, found: Sequence[Explanation]
) -> list[Explanation]:
    """Return the decisions on recordings and times of them that differ from the interview's."""
    assert scope.interview is not None
    return [
        replace(one, part=recording.part)
        for recording in scope.interview.recordings
        for whole in found
        if access.is_of_readers(whole.action)
        for one in _explain_recording(reader, whole.action, scope, recording)
        if one.is_allowed != whole.is_allowed
    ]


def _explain_recording(
    reader: Rights, action: Action, scope: Scope, recording: Recording
) -> Iterator[Explanation]:
    """Yield the decisions on a recording, on each of its times where a rule is about a part."""
    whole = Scope(scope.interview, scope.part, recording.id)
    ends = {end for rule in reader.rules for end in rule.span_ms or ()}
    if action == "hear" or not ends:  # sound is given whole
        yield _explain(reader, action, whole)
        return
    last = max(recording.duration_ms or END_OF_TIME_MS, *ends)
    open_span: Explanation | None = None
    for start_ms, end_ms in pairwise(sorted({0, *ends, last})):
        within = replace(whole, span_ms=(start_ms, end_ms - 1))  # a scope includes its end
        one = replace(_explain(reader, action, within), span_ms=(start_ms, end_ms))
        if open_span is None:
            open_span = one
        elif (open_span.is_allowed, open_span.reason) == (one.is_allowed, one.reason):
            assert open_span.span_ms is not None
            open_span = replace(open_span, span_ms=(open_span.span_ms[0], end_ms))
        else:
            yield open_span
            open_span = one
    assert open_span is not None
    yield replace(open_span, span_ms=None) if open_span.span_ms == (0, last) else open_span


def _explain(reader: Rights, action: Action, scope: Scope) -> Explanation:
    if action == "quote" and not access.may(reader, "read", scope):
        # Without its text, the recording can be cited.
        scope = replace(scope, part=None)
    decision = access.may(reader, action, scope)
    reason: str = decision.reason or _basis(reader, action, scope)
    if reason == "not_visible" and _audience_admits(reader, scope):
        reason = "hidden_by_rule"
    return Explanation(action=action, is_allowed=decision.allowed, reason=reason)


def _audience_admits(reader: Rights, scope: Scope) -> bool:
    return scope.interview is not None and scope.interview.audience in reader.actor.audiences


def _basis(reader: Rights, action: Action, scope: Scope) -> Basis:
    """Return what permits an action that is allowed."""
    if not access.is_of_readers(action):
        return "role"
    without_grants = replace(reader, grants=frozenset())
    if not access.may(without_grants, action, scope):
        return "grant"
    if action in OF_TEXTS and scope.part is not None:
        return "account" if reader.actor.is_signed_in else "state"
    return "audience"
