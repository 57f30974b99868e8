"""Access policy: the only place where permissions are decided.

`policy` is the table of roles, `decision.may()` returns a decision with its reason,
`refusals.require()` raises, and `visibility.visible()` and `readable()` are the same rules
as SQL; a property test compares them.

Three audiences, each wider than the one before: *staff* (everybody who works here),
*registered* (everybody with an account) and *public*. An interview is visible to
its audience. Its text is public only in the states of `Settings.public_states`; users with
an account can read every state, with its label.
"""

from __future__ import annotations

from archive.access.actor import Actor, actor_of_user, machine, public_actor
from archive.access.decision import Decision, Subject, may
from archive.access.index_terms import text_access_term
from archive.access.policy import ALLOWED, STAFF_ROLES, Action
from archive.access.refusals import NotAllowed, NotVisible, Refused, require
from archive.access.visibility import readable, visible, visible_jobs

__all__ = [
    "ALLOWED",
    "STAFF_ROLES",
    "Action",
    "Actor",
    "Decision",
    "NotAllowed",
    "NotVisible",
    "Refused",
    "Subject",
    "actor_of_user",
    "machine",
    "may",
    "public_actor",
    "readable",
    "require",
    "text_access_term",
    "visible",
    "visible_jobs",
]
