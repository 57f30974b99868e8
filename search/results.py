"""A question to a backend and its answer: plain values, the same for every backend."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from search.query import Query, QueryProblem

MOST_PER_PAGE = 100
LAST_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """``access`` holds the reader's groups: a passage is found when one of its own is among them.

    ``filters`` are ANDed, the values of one filter ORed; an empty set of values
    matches nothing, so that a filter computed as empty never opens everything. The
    filter "interview" takes interview ids. ``closed`` are interviews that the reader may no
    longer find whatever the index still believes: every answer is as if they were not in
    it. ``page`` counts from 1, in interviews when grouped. Raises QueryProblem
    page_out_of_range beyond LAST_PAGE or MOST_PER_PAGE.
    """

    query: Query
    access: frozenset[str]
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
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
    def window(self) -> slice:
        """The items of this page among all."""
        return slice((self.page - 1) * self.per_page, self.page * self.per_page)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage; ``is_compatible`` is False when some word has only other marks than typed."""

    pid: str
    interview: str
    score: float
    is_compatible: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """The best hits of one interview, and how many passages of it were found."""

    interview: str
    total: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Exact counts of what the reader may see.

    ``hits`` is one page, best first; with grouping it is empty and ``groups`` is the
    page. ``facets`` counts passages by value and leaves out zeros. ``generation``
    names the state of the index, for caches.
    """

    total: int
    interviews: int
    hits: tuple[Hit, ...] = ()
    groups: tuple[Group, ...] = ()
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    generation: str = ""
