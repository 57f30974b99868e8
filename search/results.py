"""Request and results of a search, the same for every backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from search.query import Query, QueryProblem

MOST_PER_PAGE = 100
LAST_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One search of one reader.

    ``access`` are the reader's groups: a passage is found if it has one of them, or is of an
    interview in ``opened``. ``closed`` are interviews closed to this reader, and
    ``closed_recordings`` values of the field "recording": their passages are excluded from
    hits, counts, suggestions and statistics. ``filters`` are ANDed, the values of one filter
    ORed; an empty set of values matches nothing, so that a filter computed as empty never
    matches everything. The filter "interview" takes interview ids. ``page`` counts from 1, in
    interviews when grouped. Raises QueryProblem page_out_of_range beyond LAST_PAGE or
    MOST_PER_PAGE.
    """

    query: Query
    access: frozenset[str] = frozenset()
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    opened: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    closed_recordings: frozenset[str] = frozenset()
    facets: tuple[str, ...] = ()
    page: int = 1
    per_page: int = 10
    group_by_interview: bool = False
    hits_per_group: int = 3

    def __post_init__(self) -> None:
        for found, limit in (
            (self.page, LAST_PAGE),
            (self.per_page, MOST_PER_PAGE),
            (self.hits_per_group, MOST_PER_PAGE),
        ):
            if not 1 <= found <= limit:
                raise QueryProblem("page_out_of_range", found=found, limit=limit)

    @property
    def page_slice(self) -> slice:
        """Return the slice of all items that is this page."""
        return slice((self.page - 1) * self.per_page, self.page * self.per_page)


@dataclass(frozen=True, slots=True)
class Hit:
    """A found passage; ``is_compatible`` is False if a word has only other marks than typed."""

    pid: str
    interview: str
    score: float
    is_compatible: bool = True


@dataclass(frozen=True, slots=True)
class InterviewHits:
    """The best hits of one interview, and the number of its passages found."""

    interview: str
    total: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """One page of results, with exact counts of what the reader may see.

    ``hits`` are best first; with grouping they are empty and ``groups`` is the page.
    ``facets`` counts passages by value, without zeros. ``generation`` identifies the state
    of the index, for caches.
    """

    total: int
    interviews: int
    hits: tuple[Hit, ...] = ()
    groups: tuple[InterviewHits, ...] = ()
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    generation: str = ""
