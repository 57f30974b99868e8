"""The contract of a search backend, and what it may refuse.

A backend answers exactly as ``in_memory`` does, in the same order; the contract
suite asks all of them the same questions. To add one: write the module, add it to
registry.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from search.passages import PassageDocument
from search.results import Results, SearchRequest


class SearchFault(Exception):
    """Something about the index, not about the query; ``code`` is stable."""

    code = "search_fault"


class IndexBusy(SearchFault):
    """Another process is writing; try again. There is one writer at a time."""

    code = "index_busy"

    def __init__(self, waited_s: float) -> None:
        super().__init__(f"the index is being written by another process (waited {waited_s:g} s)")
        self.waited_s = waited_s


class IndexOutdated(SearchFault):
    """The index was written by another version of the analysis; ``rebuild`` mends it."""

    code = "index_outdated"

    def __init__(self, *, expected: str, found: str) -> None:
        super().__init__(f"the index must be rebuilt: expected {expected}, found {found}")
        self.expected = expected
        self.found = found


class IndexDamaged(SearchFault):
    """The index cannot be read; ``rebuild`` mends it, nothing else is lost."""

    code = "index_damaged"

    def __init__(self, detail: str) -> None:
        super().__init__(f"the index cannot be read: {detail}")
        self.detail = detail


@dataclass(frozen=True, slots=True)
class IndexedInterview:
    """All passages of one interview as of ``version``; without any it is known and not found."""

    interview: str
    version: int
    documents: Sequence[PassageDocument]

    def __post_init__(self) -> None:
        for document in self.documents:
            if (document.interview, document.version) != (self.interview, self.version):
                raise ValueError(f"passage {document.pid} is not of {self.interview}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """State of an index; ``code`` is "ok", "index_missing", "index_outdated" or "index_damaged"."""

    code: str
    detail: str = ""
    passages: int = 0
    interviews: int = 0
    segments: int = 0
    generation: str = ""

    @property
    def ok(self) -> bool:
        """Whether searches are answered from a whole index."""
        return self.code == "ok"


class Backend(Protocol):
    """Reading is safe from any thread; writing is for one worker, and refuses with IndexBusy."""

    def put(self, interview: str, documents: Sequence[PassageDocument], version: int) -> None:
        """Replace everything of one interview, in one commit. Twice is as once."""

    def put_many(self, interviews: Iterable[IndexedInterview]) -> int:
        """Replace several interviews in one commit; all or none. Returns the passages written."""

    def drop(self, *interviews: str) -> None:
        """Forget interviews; unknown ones are no fault."""

    def versions(self) -> dict[str, int]:
        """Version of every interview as indexed, to compare with the truth and mend drift."""

    def find(self, request: SearchRequest) -> Results:
        """Answer from the newest committed state; raises IndexOutdated or IndexDamaged."""

    def suggest(self, request: SearchRequest) -> tuple[str, ...]:
        """Queries with one letter mended, each of which finds something for this reader.

        Made for a search without hits: words that the reader's passages do hold are
        left alone. At most three, the most frequent word first.
        """

    def rebuild(self, interviews: Iterable[IndexedInterview]) -> int:
        """Make the index anew beside the old one, then change over. Returns the passages."""

    def tidy(self) -> None:
        """Put in order what many small commits scattered; for a quiet hour, changes no answer."""

    def generation(self) -> str:
        """Names the committed state; changes with every commit."""

    def health(self) -> Health:
        """Look at the index without raising."""

    def close(self) -> None:
        """Let go of files and memory; the backend is not used afterwards."""
