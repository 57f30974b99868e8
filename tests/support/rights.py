"""Rights for tests: of the machine, of roles without an account, and a rule with a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import SQLColumnExpression, case, null, or_

from archive.access import Actor, ReaderAction, Rights, Scope, machine
from archive.models import Interview, Recording
from archive.models.vocabulary import Audience, UserRole

TODAY = date(2026, 11, 30)


def rights_of_machine(name: str) -> Rights:
    """Return the rights of the program itself, while no archivist is active."""
    return Rights(actor=machine(name), on=TODAY, stands_in=True)


def rights_of_role(role: str, **shape: Any) -> Rights:
    """Return the rights of a role, without an account; `shape` are fields of Rights."""
    actor = Actor(role=cast(UserRole, role))  # a database may hold roles that this version lacks
    return Rights(actor=actor, **{"on": TODAY, **shape})


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedUntil:
    """A rule as an embargo will be: until `opens`, only `admits` may do these actions."""

    about: str  # the id of an interview, its collection or a recording
    admits: Audience
    actions: frozenset[ReaderAction]
    opens: date

    span_ms: tuple[int, int] | None = None  # of the recording; None: all of it

    def audience(self, scope: Scope, action: ReaderAction, on: date) -> Audience | None:
        speaks = self.about in scope.owner_ids and action in self.actions and on < self.opens
        if speaks and self.span_ms is not None and scope.span_ms is not None:
            speaks = scope.span_ms[0] < self.span_ms[1] and self.span_ms[0] <= scope.span_ms[1]
        return self.admits if speaks else None

    def audience_in_sql(
        self, action: ReaderAction, on: date, *, of_recording: bool
    ) -> SQLColumnExpression[str | None]:
        if action not in self.actions or on >= self.opens:
            return null()
        owners = [Interview.id, Interview.collection_id]
        if of_recording:
            owners.append(Recording.id)
        return case((or_(*(owner == self.about for owner in owners)), self.admits))
