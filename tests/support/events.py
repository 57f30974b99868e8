"""Events with details as short as their kind allows, and bare ones with any detail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from sqlalchemy.orm import Session

from archive import audit
from archive.access import Actor
from archive.audit.details import DETAILS, DetailFields, MayBeAbsent
from archive.models import Event, Interview
from archive.models.base import Base, new_id, utc_now
from archive.models.vocabulary import EventKind


def details_of(kind: EventKind) -> dict[str, Any]:
    """Return the fields that every event of the kind has, with empty values."""
    return _example(DETAILS[kind])


def _example(fields: DetailFields) -> dict[str, Any]:
    return {
        name: _example(of) if isinstance(of, Mapping) else _value(of)
        for name, of in fields.items()
        if not isinstance(of, MayBeAbsent)
    }


def _value(of: Any) -> Any:
    is_class = get_origin(of) in (None, list)
    return (get_origin(of) or of)() if is_class else get_args(of)[0]


def record_event(
    db: Session,
    actor: Actor,
    kind: EventKind,
    subject: Base,
    *,
    interview: Interview | None = None,
) -> Event:
    """Record an event of the kind with empty details."""
    return audit.record(db, actor, kind, subject, interview=interview, **details_of(kind))


def bare_event(detail: dict[str, Any]) -> Event:
    """Return an event with any detail, which `record` would refuse."""
    return Event(
        id=new_id(),
        at=utc_now(),
        actor_id="",
        actor_name="",
        kind="interview.redacted",
        subject_kind="interview",
        subject_id="",
        interview_id="",
        outcome="success",
        detail=detail,
    )
