"""The access rules as SQL: restrict a SELECT to what the actor may view or read.

A property test compares them with `decision.may`.
"""

from __future__ import annotations

from typing import TypeVarTuple

from sqlalchemy import Select, false, true

from archive.access.actor import Actor
from archive.access.decision import role_allows
from archive.models import Interview, Job, TranscriptVersion

Columns = TypeVarTuple("Columns")


def visible(query: Select[*Columns], actor: Actor) -> Select[*Columns]:
    """Restrict a SELECT from Interview (and optionally TranscriptVersion) to visible rows.

    The same rule as `may(actor, "view", interview)`.
    """
    return query.where(Interview.audience.in_(sorted(actor.audiences)))


def readable(query: Select[*Columns], actor: Actor) -> Select[*Columns]:
    """Restrict a SELECT from Interview and TranscriptVersion to readable text.

    The same rule as `may(actor, "read", version, interview=interview)`.
    """
    by_state = (
        true() if actor.is_signed_in else TranscriptVersion.state.in_(sorted(actor.public_states))
    )
    return visible(query, actor).where(by_state)


def visible_jobs(query: Select[*Columns], actor: Actor) -> Select[*Columns]:
    """Restrict a SELECT from Job, outer-joined with Interview, to visible jobs.

    The same rule as `may(actor, "see_jobs", job, interview=interview)`.
    """
    if not role_allows(actor, "see_jobs"):
        return query.where(false())
    return query.where(Job.interview_id.is_(None) | Interview.audience.in_(sorted(actor.audiences)))
