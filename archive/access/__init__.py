"""Access policy: the only place where permissions are decided.

`policy` is the table of roles, `decision.may()` returns a decision with its reason,
`refusals.require()` raises, and `visibility` has the same rules as SQL; a property test
compares them. All of them take `Rights` (an actor on a day) and a `Scope` (a thing with its
owners).

Three audiences, each wider than the one before: *staff* (everybody who works here),
*registered* (everybody with an account) and *public*. An interview is visible to
its audience. Its text is public only in the states of `Settings.public_states`; users with
an account can read every state, with its label.
"""

from __future__ import annotations

from archive.access.actor import PUBLIC, Actor, actor_of_user, machine
from archive.access.decision import Decision, is_of_readers, known_recordings, may
from archive.access.index_terms import text_access_term
from archive.access.policy import (
    ACTIONS,
    ALLOWED,
    READER_ACTIONS,
    STAFF_ACTIONS,
    STAFF_ROLES,
    Action,
    ReaderAction,
    StaffAction,
)
from archive.access.refusals import NotAllowed, NotVisible, Refused, require
from archive.access.rights import EVERY_READER, AudienceRule, Grant, Rights, rights_today
from archive.access.scope import ARCHIVE, Part, Scope
from archive.access.visibility import (
    in_known_recordings,
    readable,
    readable_recordings,
    visible,
    visible_jobs,
)

__all__ = [
    "ACTIONS",
    "ALLOWED",
    "ARCHIVE",
    "EVERY_READER",
    "PUBLIC",
    "READER_ACTIONS",
    "STAFF_ACTIONS",
    "STAFF_ROLES",
    "Action",
    "Actor",
    "AudienceRule",
    "Decision",
    "Grant",
    "NotAllowed",
    "NotVisible",
    "Part",
    "ReaderAction",
    "Refused",
    "Rights",
    "Scope",
    "StaffAction",
    "actor_of_user",
    "in_known_recordings",
    "is_of_readers",
    "known_recordings",
    "machine",
    "may",
    "readable",
    "readable_recordings",
    "require",
    "rights_today",
    "text_access_term",
    "visible",
    "visible_jobs",
]
