"""Interface and errors of a search backend.

A backend returns exactly the results of ``in_memory``, in the same order; the contract
tests compare them. To add one: write the module, add it to registry.py.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from search.passages import PassageDocument
from search.results import SearchRequest, SearchResults


class SearchIndexError(Exception):
    """Base of the errors of the index (not of a query); ``code`` is stable."""

    code = "search_fault"


class IndexBusy(SearchIndexError):
    """Another process is writing, and only one may; try again later."""

    code = "index_busy"

    def __init__(self, waited_s: float) -> None:
        super().__init__(f"the index is being written by another process (waited {waited_s:g} s)")
        self.waited_s = waited_s


class IndexOutdated(SearchIndexError):
    """The index was written by another version of the analysis; ``rebuild`` repairs it."""

    code = "index_outdated"

    def __init__(self, *, expected: str, found: str) -> None:
        super().__init__(f"the index must be rebuilt: expected {expected}, found {found}")
        self.expected = expected
        self.found = found


class IndexMissing(SearchIndexError):
    """There is no index although there is something to find; ``rebuild`` makes it."""

    code = "index_missing"


class IndexDamaged(SearchIndexError):
    """The index cannot be read; ``rebuild`` repairs it without loss of data."""

    code = "index_damaged"

    def __init__(self, detail: str) -> None:
        super().__init__(f"the index cannot be read: {detail}")
        self.detail = detail


@dataclass(frozen=True, slots=True)
class IndexedInterview:
    """All passages of one interview as of ``version``; may be empty."""

    interview: str
    version: int
    documents: Sequence[PassageDocument]

    def __post_init__(self) -> None:
        for document in self.documents:
            if (document.interview, document.version) != (self.interview, self.version):
                raise ValueError(f"passage {document.pid} is not of {self.interview}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexHealth:
    """The state of an index; ``code`` is "ok" or that of a SearchIndexError, or "index_missing"."""

    code: str
    detail: str = ""
    passages: int = 0
    interviews: int = 0
    segments: int = 0
    generation: str = ""

    @property
    def ok(self) -> bool:
        """Return whether the index can be searched."""
        return self.code == "ok"


ReadAgain = Callable[[frozenset[str]], Iterable[IndexedInterview]]


def read_nothing_again(_interviews: frozenset[str]) -> Iterable[IndexedInterview]:
    """Return nothing: interviews changed during a rebuild are removed, to be indexed later."""
    return ()


class Backend(Protocol):
    """A search index; any thread may read, one process may write, others raise IndexBusy."""

    def put(self, interview: str, documents: Sequence[PassageDocument], version: int) -> None:
        """Replace all passages of one interview in one commit; idempotent."""

    def put_many(self, interviews: Iterable[IndexedInterview]) -> int:
        """Replace several interviews in one commit; return the number of passages written."""

    def drop(self, *interviews: str) -> None:
        """Remove interviews; unknown ones are ignored."""

    def indexed_versions(self) -> dict[str, int]:
        """Return the indexed version of every interview, to compare with the database."""

    def find(self, request: SearchRequest) -> SearchResults:
        """Search the newest committed state; raises IndexOutdated or IndexDamaged."""

    def suggest(self, request: SearchRequest) -> tuple[str, ...]:
        """Return corrected queries that have hits for this reader, at most three.

        For a search without hits: words without a passage that the reader and the filters
        admit are replaced by words at edit distance one, the most frequent first; the other
        words are unchanged.
        """

    def rebuild(
        self,
        interviews: Iterable[IndexedInterview],
        *,
        changed: ReadAgain = read_nothing_again,
        after: str = "",
    ) -> int:
        """Build a new index beside the current one, then switch to it; return its passages.

        While `interviews` are read, `put` and `drop` change the current index. Before the switch
        `changed` is given the ids of these interviews and returns them as they are then; those
        that it leaves out are removed. `after` is the state that the caller noted last: the new
        one is not older than it, until the caller has noted the new one. Raises IndexBusy during
        another rebuild.
        """

    def optimise(self) -> None:
        """Merge the segments of many commits; run when idle. Results do not change."""

    def sweep(self) -> None:
        """Delete files of states that are no longer current; raises IndexBusy."""

    def generation(self) -> str:
        """Return an id of the committed state; changes with every commit, "" before the first."""

    def is_older_than(self, generation: str) -> bool:
        """Return whether the committed state is older than this one, or of another index."""

    def health(self) -> IndexHealth:
        """Check the index; never raises."""

    def close(self) -> None:
        """Release files and memory; the backend cannot be used afterwards."""
