"""What one reader may be given from the search index: every search passes through here.

The index holds the audience of each passage as it was when it was indexed. Rules, grants and
changes since then are added here, before anything is counted, suggested or shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive import access
from archive.access import ReaderAction, Rights
from archive.actions.discovery import indexing
from archive.models import Annotation, Interview, Outbox, Recording, TranscriptVersion
from search.results import SearchRequest

Filters = Mapping[str, frozenset[str]]


def of_passages(
    db: Session, rights: Rights, request: SearchRequest, *, samples: bool | None = None
) -> SearchRequest:
    """Restrict a request to passages that the reader may read now.

    `samples`: True searches the sample archive only, False excludes it, None searches both.
    """
    current = select(Interview.id).join(
        TranscriptVersion, TranscriptVersion.interview_id == Interview.id
    )
    admitted = access.readable(current.where(TranscriptVersion.is_current), rights)
    filters = {**request.filters, "kind": frozenset({indexing.PASSAGE})}
    if not rights.actor.is_signed_in:
        # Access terms date from the time of indexing; the office may have closed states since.
        filters["state"] = filters.get("state", rights.public_states) & rights.public_states
    return replace(
        request,
        access=rights.actor.audiences,
        filters=_with_samples(db, filters, samples),
        opened=_opened_by_grants(db, rights, admitted, "read"),
        closed=_closed(db, rights, admitted, samples),
        closed_recordings=_closed_recordings(db, rights),
    )


def of_descriptions(
    db: Session, rights: Rights, request: SearchRequest, *, samples: bool | None = None
) -> SearchRequest:
    """Restrict a request to descriptions of interviews that the reader may know of now."""
    admitted = access.visible(select(Interview.id), rights)
    filters = {**request.filters, "kind": frozenset({indexing.DESCRIPTION})}
    return replace(
        request,
        access=rights.actor.audiences,
        filters=_with_samples(db, filters, samples),
        opened=_opened_by_grants(db, rights, admitted, "know"),
        closed=_closed(db, rights, admitted, samples),
    )


def _with_samples(db: Session, filters: Filters, samples: bool | None) -> Filters:
    return {**filters, "interview": _samples(db)} if samples else filters


def _closed(
    db: Session, rights: Rights, admitted: Select[str], samples: bool | None
) -> frozenset[str]:
    """Return interviews that the access terms of the index open, and that are closed now.

    A changed interview with hidden words is closed until it is indexed again. Without samples
    (`samples` False) these are among them.
    """
    with_hidden_words = select(Annotation.interview_id).where(Annotation.kind == "redaction")
    changed = select(Outbox.interview_id).where(
        Outbox.interview_id.not_in(admitted) | Outbox.interview_id.in_(with_hidden_words)
    )
    closed = set(db.scalars(changed)) | _closed_by_rules(db, rights, admitted)
    return frozenset(closed | _samples(db) if samples is False else closed)


def _closed_by_rules(db: Session, rights: Rights, admitted: Select[str]) -> set[str]:
    """Return the interviews of the reader's audiences that a rule closes."""
    if not rights.rules:
        return set()
    of_audience = Interview.audience.in_(sorted(rights.actor.audiences))
    query = select(Interview.id).where(of_audience, Interview.id.not_in(admitted))
    return set(db.scalars(query))


def _opened_by_grants(
    db: Session, rights: Rights, admitted: Select[str], action: ReaderAction
) -> frozenset[str]:
    granted = sorted(g.interview_id for g in rights.grants if g.holds(action, rights.on))
    if not granted:
        return frozenset()
    return frozenset(db.scalars(admitted.where(Interview.id.in_(granted))))


def _closed_recordings(db: Session, rights: Rights) -> frozenset[str]:
    """Return the recordings whose words a rule closes to this reader."""
    if not rights.rules:
        return frozenset()
    query = select(Recording.id).join(Interview, Interview.id == Recording.interview_id)
    of_audience = Interview.audience.in_(sorted(rights.actor.audiences))
    admitted = access.readable_recordings(query, rights)
    return frozenset(db.scalars(query.where(of_audience, Recording.id.not_in(admitted))))


def _samples(db: Session) -> frozenset[str]:
    return frozenset(db.scalars(select(Interview.id).where(Interview.is_sample)))
