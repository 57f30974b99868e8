"""Rights: an actor on a day, with the rules and grants that hold then. One per request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import ColumnElement, SQLColumnExpression

from archive.access.actor import PUBLIC, Actor
from archive.access.policy import ReaderAction
from archive.access.scope import Scope
from archive.models import Interview
from archive.models.vocabulary import VERSION_STATES, Audience, VersionState
from archive.settings import Settings


class AudienceRule(Protocol):
    """A rule beside `Interview.audience`, such as an embargo; the narrowest audience holds."""

    @property
    def span_ms(self) -> tuple[int, int] | None:
        """The part of a recording that the rule is about, in ms; None for all of its owner."""

    def audience(self, scope: Scope, action: ReaderAction, on: date) -> Audience | None:
        """Return whom the rule admits on this day; None where the rule is silent.

        A rule about a part of a recording speaks for all of it where the scope names the
        recording without a span: sound is given whole.
        """

    def audience_in_sql(
        self, action: ReaderAction, on: date, *, of_recording: bool
    ) -> SQLColumnExpression[str | None]:
        """Return the same over the columns of Interview; NULL where it is silent.

        With `of_recording` for one recording, over the columns of Recording as well; a rule
        about a part of it speaks for all of it, since search counts passages by recording.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """Permission for one account to read, hear … one interview, wider than its audience.

    It implies "know", and adds nothing to what the role may do. `last_day` is the last day on
    which it holds.
    """

    interview_id: str
    actions: frozenset[ReaderAction]
    last_day: date | None = None

    def opens(self, interview: Interview, action: ReaderAction, on: date) -> bool:
        """Return whether the grant admits its holder to the interview."""
        return interview.id == self.interview_id and self.holds(action, on)

    def holds(self, action: ReaderAction, on: date) -> bool:
        """Return whether the grant is for this action on this day."""
        in_time = self.last_day is None or on <= self.last_day
        return in_time and (action in self.actions or (action == "know" and bool(self.actions)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rights:
    """What an actor may do on a day of the office.

    `public_states` are the states of a text that readers without an account may read; `rules`
    hold beside the audience of each interview, and `grants` are those of the account. Whether
    the actor stands in for a role that no active account has is `stands_in`.
    """

    actor: Actor
    on: date
    public_states: frozenset[VersionState] = frozenset({"approved"})
    rules: tuple[AudienceRule, ...] = ()
    grants: frozenset[Grant] = frozenset()
    stands_in: bool = False

    def admit(
        self, interview: Interview, action: ReaderAction, scope: Scope, *, in_part: bool = False
    ) -> bool:
        """Return whether the audiences or a grant admit the actor to a scope of the interview.

        With `in_part` it is enough that a part of the scope is open.
        """
        if any(grant.opens(interview, action, self.on) for grant in self.grants):
            return True
        rules = self._rules_about_all if in_part and scope.span_ms is None else self.rules
        named = [rule.audience(scope, action, self.on) for rule in rules]
        return all(a in self.actor.audiences for a in (interview.audience, *filter(None, named)))

    def admit_in_sql(
        self, action: ReaderAction, *, of_recording: bool = False, in_part: bool = False
    ) -> ColumnElement[bool]:
        """Return the same as a condition on Interview, for the interview as a whole.

        With `of_recording` as a condition on Interview and Recording, for the recording.
        """
        audiences = sorted(self.actor.audiences)
        admitted: ColumnElement[bool] = Interview.audience.in_(audiences)
        for rule in self._rules_about_all if in_part else self.rules:
            named = rule.audience_in_sql(action, self.on, of_recording=of_recording)
            admitted &= named.is_(None) | named.in_(audiences)
        granted = sorted(g.interview_id for g in self.grants if g.holds(action, self.on))
        return admitted | Interview.id.in_(granted) if granted else admitted

    @property
    def _rules_about_all(self) -> tuple[AudienceRule, ...]:
        """The rules about more than a part of a recording."""
        return tuple(rule for rule in self.rules if rule.span_ms is None)


# What every reader may have on any day: for the search index, which is made for all of them.
EVERY_READER = Rights(actor=PUBLIC, on=date.min, public_states=frozenset())


def rights_today(actor: Actor, settings: Settings) -> Rights:
    """Return the rights of an actor on the current day of the office."""
    states = frozenset(state for state in VERSION_STATES if state in settings.public_states)
    return Rights(actor=actor, on=settings.today(), public_states=states)
