"""The catalogue: visible interviews, filtered, counted by facet, sorted and paged.

A small row of every visible interview is loaded and filtered in Python rather than in SQL:
words match without their marks, and facets are counted with all other filters applied.
Only the interviews of one page are loaded with their relations.

The sample interviews have a separate catalogue (`shows_samples`), so that no count
contains both.
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
from archive.access import Rights
from archive.actions.catalogue import collections, interviews, names
from archive.models import (
    AccessionNumber,
    Collection,
    Contribution,
    Interview,
    Person,
    Place,
    TranscriptVersion,
)
from archive.models.vocabulary import Audience
from archive.text import text_input
from archive.text.vietnamese_names import collation_key

FACETS = ("state", "collection", "language", "audience")
SORTS = ("newest", "witness", "held", "title", "accession")
INTERVIEWS_PER_PAGE = 20
NO_TEXT = "none"


@dataclass(frozen=True, kw_only=True)
class CatalogueFilter:
    """Criteria, sort order and page number. `selected` holds values by facet (FACETS).

    `shows_samples` is None for the default: samples only if there are no real interviews.
    """

    text: str = ""
    selected: Mapping[str, frozenset[str]] = field(default_factory=dict)
    first_year: int | None = None
    last_year: int | None = None
    sort: str = "newest"
    page: int = 1
    shows_samples: bool | None = None


@dataclass(frozen=True, kw_only=True)
class CatalogueRow:
    """The fields by which interviews are filtered and sorted."""

    id: str
    accession: str
    title: str
    languages: Sequence[str]
    audience: Audience
    first_year: int | None
    last_year: int | None
    held_on: date | None
    created_at: datetime
    is_sample: bool
    collection: str
    state: str
    version_id: str
    witness_key: str
    words: tuple[str, ...]

    def values(self, facet: str) -> Iterable[str]:
        """Return the values of this interview in a facet."""
        if facet == "language":
            return self.languages
        return (str(getattr(self, facet)),)


@dataclass(frozen=True, kw_only=True)
class CataloguePage:
    """One page of the real or the sample catalogue; counts are of this catalogue only.

    `version_ids` are the texts that the reader may read, by interview; `archive_total` and
    `sample_total` are the visible interviews of each catalogue.
    """

    interviews: Sequence[Interview]
    version_ids: Mapping[str, str]
    total: int
    number: int
    pages: int
    shows_samples: bool
    archive_total: int
    sample_total: int
    facets: Mapping[str, Sequence[tuple[str, int]]]
    years: Mapping[int, int]
    collections: Mapping[str, str]


def load_page(db: Session, rights: Rights, criteria: CatalogueFilter) -> CataloguePage:
    """Load a page of the catalogue; lists and counts contain only what `rights` allows."""
    everything = _rows(db, rights)
    archive = [row for row in everything if not row.is_sample]
    shows_samples = (
        not archive and bool(everything)
        if criteria.shows_samples is None
        else criteria.shows_samples
    )
    in_catalogue = [row for row in everything if row.is_sample] if shows_samples else archive
    facets = FACETS if rights.actor.is_staff else FACETS[:-1]
    selected = {name: criteria.selected.get(name, frozenset()) for name in facets}
    matching = [row for row in in_catalogue if text_input.matches(criteria.text, *row.words)]
    found = [
        row for row in matching if _overlaps_years(row, criteria) and _matches_facets(row, selected)
    ]
    found.sort(key=lambda row: row.accession)
    found.sort(key=_ORDERS[criteria.sort if criteria.sort in SORTS else "newest"])
    pages = max(1, -(-len(found) // INTERVIEWS_PER_PAGE))
    number = min(max(1, criteria.page), pages)
    shown = found[(number - 1) * INTERVIEWS_PER_PAGE : number * INTERVIEWS_PER_PAGE]
    loaded = interviews.load_with_relations(db, [row.id for row in shown])
    return CataloguePage(
        interviews=[loaded[row.id] for row in shown],
        version_ids={row.id: row.version_id for row in shown if row.version_id},
        total=len(found),
        number=number,
        pages=pages,
        shows_samples=shows_samples,
        archive_total=len(archive),
        sample_total=len(everything) - len(archive),
        facets={name: _facet_counts(matching, criteria, selected, name) for name in facets},
        years=_year_counts(row for row in matching if _matches_facets(row, selected)),
        collections=collections.titles_by_code(db, {row.collection for row in in_catalogue}),
    )


def _rows(db: Session, rights: Rights) -> list[CatalogueRow]:
    read = access.readable(
        select(TranscriptVersion.interview_id, TranscriptVersion.id, TranscriptVersion.state)
        .join(Interview, Interview.id == TranscriptVersion.interview_id)
        .where(TranscriptVersion.is_current.is_(True))
        .order_by(TranscriptVersion.number),
        rights,
    )
    texts = {row.interview_id: (row.id, row.state) for row in db.execute(read)}
    people = _people(db, rights)
    described = (
        select(
            Interview.id,
            Interview.accession,
            Interview.title,
            Interview.languages,
            Interview.audience,
            Interview.told_from_year,
            Interview.told_to_year,
            Interview.held_earliest_on,
            Interview.created_at,
            Interview.is_sample,
            Interview.keywords,
            Interview.place_as_told,
            Collection.code,
            Place.name,
        )
        .outerjoin(Collection, Collection.id == Interview.collection_id)
        .outerjoin(Place, Place.id == Interview.place_id)
    )
    former: dict[str, list[str]] = {}
    numbers = select(Interview.id, AccessionNumber.number).join(AccessionNumber.interview)
    for interview_id, number in db.execute(access.visible(numbers, rights)):
        former.setdefault(interview_id, []).append(number)
    return [
        _row(
            found,
            *texts.get(found.id, ("", NO_TEXT)),
            people.get(found.id, []),
            former.get(found.id, []),
        )
        for found in db.execute(access.visible(described, rights))
    ]


def _people(db: Session, rights: Rights) -> dict[str, list[tuple[str, str, str]]]:
    """Return role, full name and sort key of the people of each interview, as the reader has them.

    Each person is loaded once.
    """
    contributions = access.visible(
        select(Interview.id, Contribution.role, Contribution.person_id)
        .join(Contribution, Contribution.interview_id == Interview.id)
        .where(Contribution.removed_at.is_(None)),
        rights,
    )
    person_ids = contributions.with_only_columns(Contribution.person_id)
    persons = {one.id: one for one in db.scalars(select(Person).where(Person.id.in_(person_ids)))}
    named = names.names_for(rights, persons.values())
    keys = {one: names.sort_key_for(person, named[one]) for one, person in persons.items()}
    found: dict[str, list[tuple[str, str, str]]] = {}
    for interview_id, role, person_id in db.execute(contributions.order_by(Contribution.position)):
        one = (role, named[person_id].full, keys[person_id])
        found.setdefault(interview_id, []).append(one)
    return found


def _row(
    found: Any,
    version_id: str,
    state: str,
    people: Sequence[tuple[str, str, str]],
    numbers: Sequence[str],
) -> CatalogueRow:
    return CatalogueRow(
        id=found.id,
        accession=found.accession,
        title=found.title,
        languages=found.languages,
        audience=found.audience,
        first_year=found.told_from_year or found.told_to_year,
        last_year=found.told_to_year or found.told_from_year,
        held_on=found.held_earliest_on,
        created_at=found.created_at,
        is_sample=found.is_sample,
        collection=found.code or "",
        state=state,
        version_id=version_id,
        witness_key=next((key for role, _name, key in people if role == "witness"), "\uffff"),
        words=(
            found.accession,
            *numbers,
            found.title,
            found.place_as_told,
            found.name or "",
            *found.keywords,
            *(name for _role, name, _key in people),
        ),
    )


def _matches_facets(
    row: CatalogueRow, selected: Mapping[str, frozenset[str]], except_for: str = ""
) -> bool:
    return all(
        not accepted or name == except_for or not accepted.isdisjoint(row.values(name))
        for name, accepted in selected.items()
    )


def _overlaps_years(row: CatalogueRow, criteria: CatalogueFilter) -> bool:
    if criteria.first_year is None and criteria.last_year is None:
        return True
    if row.first_year is None or row.last_year is None:
        return False
    return row.last_year >= (criteria.first_year or 0) and row.first_year <= (
        criteria.last_year or 9999
    )


def _facet_counts(
    rows: Sequence[CatalogueRow],
    criteria: CatalogueFilter,
    selected: Mapping[str, frozenset[str]],
    facet: str,
) -> list[tuple[str, int]]:
    """Count the values of a facet with all other filters applied; most frequent first."""
    counts = Counter(
        value
        for row in rows
        if _overlaps_years(row, criteria) and _matches_facets(row, selected, except_for=facet)
        for value in dict.fromkeys(row.values(facet))
        if value
    )
    for value in selected[facet]:
        if any(value in row.values(facet) for row in rows):
            counts.setdefault(value, 0)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _year_counts(rows: Iterable[CatalogueRow]) -> dict[int, int]:
    """Count the interviews that cover each year."""
    counts: Counter[int] = Counter()
    for row in rows:
        if row.first_year is not None and row.last_year is not None:
            counts.update(range(row.first_year, min(row.last_year, row.first_year + 200) + 1))
    return dict(sorted(counts.items()))


def _held_order(row: CatalogueRow) -> int:
    return -row.held_on.toordinal() if row.held_on is not None else 0


_ORDERS: dict[str, Callable[[CatalogueRow], Any]] = {
    "newest": lambda row: -row.created_at.timestamp(),
    "witness": lambda row: row.witness_key,
    "held": _held_order,
    "title": lambda row: collation_key(row.title),
    "accession": lambda row: collation_key(row.accession),
}
