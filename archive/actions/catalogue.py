"""The catalogue: the interviews that a reader may know of, filtered, counted, in order.

One light row of every interview that the reader may know of is read, and filtered here
rather than in SQL: words are looked for without marks, and each facet is counted under
the other filters. Only the interviews of one page are loaded in full.

Invented interviews of the sample archive are a catalogue of their own (`samples`), so
that no number on the page ever holds both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor
from archive.actions import collections, interviews, typed
from archive.models import (
    Collection,
    Contribution,
    Interview,
    Person,
    Place,
    TranscriptVersion,
)
from archive.names import collation_key

FACETS = ("state", "collection", "language", "audience")
SORTS = ("newest", "witness", "held", "title", "accession")
PER_PAGE = 20
NO_TEXT = "none"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a reader asks for. `chosen` holds values by the names in FACETS."""

    text: str = ""
    chosen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    first_year: int | None = None
    last_year: int | None = None
    sort: str = "newest"
    page: int = 1
    samples: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is needed to filter and to order, without loading an interview."""

    id: str
    accession: str
    title: str
    languages: Sequence[str]
    audience: str
    first_year: int | None
    last_year: int | None
    held_on: date | None
    created_at: datetime
    is_sample: bool
    collection: str
    state: str
    witness_key: str
    words: tuple[str, ...]

    def values(self, facet: str) -> Iterable[str]:
        """The values under which this interview counts in a facet."""
        if facet == "language":
            return self.languages
        return (str(getattr(self, facet)),)


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page. `samples` says which of the two catalogues this is; counts are of it alone.

    `archive` and `sample` are the sizes of the two, as far as the reader may know of them.
    """

    interviews: Sequence[Interview]
    states: Mapping[str, str]
    total: int
    number: int
    pages: int
    samples: bool
    archive: int
    sample: int
    facets: Mapping[str, Sequence[tuple[str, int]]]
    years: Mapping[int, int]
    collections: Mapping[str, str]


def page(db: Session, actor: Actor, wish: Wish) -> Page:
    """A page of the catalogue, with the rights of `actor` in every list and every number."""
    everything = _rows(db, actor)
    archive = [row for row in everything if not row.is_sample]
    samples = not archive and bool(everything) if wish.samples is None else wish.samples
    ours = [row for row in everything if row.is_sample] if samples else archive
    facets = FACETS if actor.is_staff else FACETS[:-1]
    chosen = {name: wish.chosen.get(name, frozenset()) for name in facets}
    spoken = [row for row in ours if typed.finds(wish.text, *row.words)]
    found = [row for row in spoken if _in_years(row, wish) and _fits(row, chosen)]
    found.sort(key=lambda row: row.accession)
    found.sort(key=_ORDERS[wish.sort if wish.sort in SORTS else "newest"])
    pages = max(1, -(-len(found) // PER_PAGE))
    number = min(max(1, wish.page), pages)
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    loaded = interviews.in_full(db, [row.id for row in shown])
    return Page(
        interviews=[loaded[row.id] for row in shown],
        states={row.id: row.state for row in shown if row.state != NO_TEXT},
        total=len(found), number=number, pages=pages, samples=samples,
        archive=len(archive), sample=len(everything) - len(archive),
        facets={name: _counted(spoken, wish, chosen, name) for name in facets},
        years=_years(row for row in spoken if _fits(row, chosen)),
        collections=collections.titles(db, {row.collection for row in ours}),
    )  # fmt: skip


def _rows(db: Session, actor: Actor) -> list[Row]:
    read = access.readable(
        select(TranscriptVersion.interview_id, TranscriptVersion.state)
        .join(Interview, Interview.id == TranscriptVersion.interview_id)
        .where(TranscriptVersion.is_current.is_(True))
        .order_by(TranscriptVersion.number),
        actor,
    )
    states = {interview_id: state for interview_id, state in db.execute(read)}
    people: dict[str, list[tuple[str, str, str]]] = {}
    for interview_id, role, name, key in db.execute(
        access.visible(
            select(Interview.id, Contribution.role, Person.full_name, Person.sort_key)
            .join(Contribution, Contribution.interview_id == Interview.id)
            .join(Person, Person.id == Contribution.person_id)
            .order_by(Contribution.position),
            actor,
        )
    ):
        people.setdefault(interview_id, []).append((role, name, key))
    described = (
        select(
            Interview.id, Interview.accession, Interview.title, Interview.languages,
            Interview.audience, Interview.told_from_year, Interview.told_to_year,
            Interview.held_earliest_on, Interview.created_at, Interview.is_sample,
            Interview.keywords, Interview.place_as_told, Collection.code, Place.name,
        )
        .outerjoin(Collection, Collection.id == Interview.collection_id)
        .outerjoin(Place, Place.id == Interview.place_id)
    )  # fmt: skip
    return [
        _row(found, states.get(found.id, NO_TEXT), people.get(found.id, []))
        for found in db.execute(access.visible(described, actor))
    ]


def _row(found: Any, state: str, people: Sequence[tuple[str, str, str]]) -> Row:
    return Row(
        id=found.id, accession=found.accession, title=found.title, languages=found.languages,
        audience=found.audience, first_year=found.told_from_year or found.told_to_year,
        last_year=found.told_to_year or found.told_from_year, held_on=found.held_earliest_on,
        created_at=found.created_at, is_sample=found.is_sample,
        collection=found.code or "", state=state,
        witness_key=next((key for role, _name, key in people if role == "witness"), "\uffff"),
        words=(
            found.accession, found.title, found.place_as_told, found.name or "",
            *found.keywords, *(name for _role, name, _key in people),
        ),
    )  # fmt: skip


def _fits(row: Row, chosen: Mapping[str, frozenset[str]], but_for: str = "") -> bool:
    return all(
        not wanted or name == but_for or not wanted.isdisjoint(row.values(name))
        for name, wanted in chosen.items()
    )


def _in_years(row: Row, wish: Wish) -> bool:
    if wish.first_year is None and wish.last_year is None:
        return True
    if row.first_year is None or row.last_year is None:
        return False
    return row.last_year >= (wish.first_year or 0) and row.first_year <= (wish.last_year or 9999)


def _counted(
    rows: Sequence[Row], wish: Wish, chosen: Mapping[str, frozenset[str]], facet: str
) -> list[tuple[str, int]]:
    """How many interviews each value would leave under the other filters; most first."""
    counts = Counter(
        value
        for row in rows
        if _in_years(row, wish) and _fits(row, chosen, but_for=facet)
        for value in dict.fromkeys(row.values(facet))
        if value
    )
    for value in chosen[facet]:
        if any(value in row.values(facet) for row in rows):
            counts.setdefault(value, 0)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _years(rows: Iterable[Row]) -> dict[int, int]:
    """How many interviews are about each year."""
    counts: Counter[int] = Counter()
    for row in rows:
        if row.first_year is not None and row.last_year is not None:
            counts.update(range(row.first_year, min(row.last_year, row.first_year + 200) + 1))
    return dict(sorted(counts.items()))


def _held(row: Row) -> int:
    return -row.held_on.toordinal() if row.held_on is not None else 0


_ORDERS: dict[str, Callable[[Row], Any]] = {
    "newest": lambda row: -row.created_at.timestamp(),
    "witness": lambda row: row.witness_key,
    "held": _held,
    "title": lambda row: collation_key(row.title),
    "accession": lambda row: collation_key(row.accession),
}
