"""Passages in a dict, every one looked at for every query: slow, short and the measure.

The other backends must agree with this one; it shares the rules of matching and
scoring with them, and nothing of how they look things up.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from search import scoring
from search.backends import suggestions
from search.backends.base import Health, IndexedInterview
from search.backends.terms import MOST_PREFIX_TERMS, OVERLAP_SIGN, analyse, is_word
from search.passages import PassageDocument
from search.query import Clause, Match, Query, Step, Wanted
from search.results import Group, Hit, Results, SearchRequest
from search.syllables import folded_key


@dataclass(slots=True)
class _Entry:
    document: PassageDocument
    length: int
    own: Counter[str] = field(default_factory=Counter)
    overlap: Counter[str] = field(default_factory=Counter)
    places: dict[int, list[tuple[str, bool]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Part:
    """What one wanted word found: by entry, its matches with their counts."""

    wanted: Wanted
    found: dict[int, list[tuple[Match, int]]]
    idf: float


class InMemory:
    """A backend for tests and for trying out; nothing is kept after the process."""

    def __init__(self) -> None:
        self._interviews: dict[str, tuple[int, list[_Entry]]] = {}
        self._commits = 0
        self._lock = threading.Lock()

    def put(self, interview: str, documents: Sequence[PassageDocument], version: int) -> None:
        """Replace everything of one interview."""
        self.put_many([IndexedInterview(interview, version, documents)])

    def put_many(self, interviews: Iterable[IndexedInterview]) -> int:
        """Replace several interviews; all or none."""
        analysed = {one.interview: (one.version, _entries(one.documents)) for one in interviews}
        with self._lock:
            self._interviews = self._interviews | analysed
            self._commits += 1
        return sum(len(entries) for _, entries in analysed.values())

    def drop(self, *interviews: str) -> None:
        """Forget interviews."""
        with self._lock:
            self._interviews = {k: v for k, v in self._interviews.items() if k not in interviews}
            self._commits += 1

    def versions(self) -> dict[str, int]:
        """Version of every interview."""
        return {interview: version for interview, (version, _) in self._interviews.items()}

    def rebuild(self, interviews: Iterable[IndexedInterview]) -> int:
        """Forget everything and put anew."""
        analysed = {one.interview: (one.version, _entries(one.documents)) for one in interviews}
        with self._lock:
            self._interviews = analysed
            self._commits += 1
        return sum(len(entries) for _, entries in analysed.values())

    def tidy(self) -> None:
        """Always tidy."""

    def generation(self) -> str:
        """The number of commits."""
        return str(self._commits)

    def health(self) -> Health:
        """Always well."""
        return Health(
            code="ok",
            passages=sum(len(entries) for _, entries in self._interviews.values()),
            interviews=len(self._interviews),
            segments=1,
            generation=self.generation(),
        )

    def close(self) -> None:
        """Nothing to let go of."""

    def find(self, request: SearchRequest) -> Results:
        """Look at every visible passage."""
        generation = self.generation()
        ranked = sorted(
            (hit for hit in self._hits(request) if _passes(hit[1], request)),
            key=lambda hit: (not hit[0].is_compatible, -hit[0].score, hit[0].pid),
        )
        by_interview: dict[str, list[Hit]] = {}
        for hit, _ in ranked:
            by_interview.setdefault(hit.interview, []).append(hit)
        groups = tuple(
            Group(interview, len(hits), tuple(hits[: request.hits_per_group]))
            for interview, hits in list(by_interview.items())[request.window]
        )
        return Results(
            total=len(ranked),
            interviews=len(by_interview),
            hits=() if request.group_by_interview else tuple(h for h, _ in ranked[request.window]),
            groups=groups if request.group_by_interview else (),
            facets={
                name: dict(Counter(v for _, d in ranked for v in d.values(name)))
                for name in request.facets
            },
            generation=generation,
        )

    def suggest(self, request: SearchRequest) -> tuple[str, ...]:
        """Neighbours of the words that no visible passage holds."""
        counts: Counter[str] = Counter()
        for entry in self._visible(request):
            counts.update(term for term in entry.own if is_word(term))

        def spellings(folded: str) -> dict[str, int]:
            return {term: n for term, n in counts.items() if folded_key(term) == folded}

        def is_found(query: Query) -> bool:
            return self.find(replace(request, query=query, page=1)).total > 0

        return suggestions.suggest(request.query, spellings, is_found)

    def _visible(self, request: SearchRequest) -> list[_Entry]:
        return [
            entry
            for _, entries in self._interviews.values()
            for entry in entries
            if entry.document.access & request.access
            and entry.document.interview not in request.closed
            and entry.length
        ]

    def _hits(self, request: SearchRequest) -> Iterator[tuple[Hit, PassageDocument]]:
        visible = self._visible(request)
        if not visible:
            return
        average = sum(entry.length for entry in visible) / len(visible)
        clauses = request.query.clauses
        parts = [
            [_part(visible, clause, number) for number in range(len(clause.wanted))]
            for clause in clauses
        ]
        for index, entry in enumerate(visible):
            if not all(part.found.get(index) for row in parts for part in row):
                continue
            if not all(_has_runs(entry, clause) for clause in clauses):
                continue
            score = _score(entry, [p for row in parts for p in row], index, average)
            for (before, after), (left, right) in zip(
                request.query.neighbours(),
                zip((row[-1] for row in parts), (row[0] for row in parts[1:]), strict=False),
                strict=True,
            ):
                if _stands(entry, (before, after), is_own=True):
                    score += scoring.NEIGHBOURS * (left.idf + right.idf) / 2
            compatible = all(
                any(match.is_compatible for match, _ in part.found[index])
                for row in parts
                for part in row
            )
            document = entry.document
            rounded = round(score, scoring.DECIMALS)
            yield Hit(document.pid, document.interview, rounded, compatible), document


def _entries(documents: Iterable[PassageDocument]) -> list[_Entry]:
    made = []
    for document in documents:
        analysed = analyse(document)
        entry = _Entry(document, analysed.length)
        for key, positions in analysed.positions.items():
            term = key.removeprefix(OVERLAP_SIGN)
            (entry.own if term == key else entry.overlap)[term] += len(positions)
            for position in positions:
                entry.places.setdefault(position, []).append((term, term == key))
        made.append(entry)
    return made


def _part(visible: list[_Entry], clause: Clause, number: int) -> _Part:
    """Entries that hold a word; in a phrase the overlap may hold all but the first."""
    wanted = clause.wanted[number]
    known = {term for entry in visible for term in entry.own}
    if number:
        known |= {term for entry in visible for term in entry.overlap}
    matches = {term: match for term in known if (match := clause.match(wanted, term))}
    if wanted.shape == "prefix":
        matches = {term: matches[term] for term in sorted(matches)[:MOST_PREFIX_TERMS]}
    found = {}
    for index, entry in enumerate(visible):
        counts = [(matches[t], n) for t, n in entry.own.items() if t in matches]
        if number:
            counts += [(matches[t], n) for t, n in entry.overlap.items() if t in matches]
        if counts:
            found[index] = counts
    return _Part(wanted, found, scoring.idf(len(visible), len(found)))


def _score(entry: _Entry, parts: list[_Part], index: int, average: float) -> float:
    return sum(
        part.idf * match.boost * scoring.saturation(count, entry.length, average)
        for part in parts
        for match, count in part.found[index]
    )


def _has_runs(entry: _Entry, clause: Clause) -> bool:
    runs = clause.runs()
    return all(
        len(run) == 1 or _stands(entry, run, is_quoted=clause.is_quoted, own_first=number == 0)
        for number, run in enumerate(runs)
    )


def _stands(
    entry: _Entry,
    run: Sequence[Step],
    *,
    is_own: bool = False,
    own_first: bool = True,
    is_quoted: bool = False,
) -> bool:
    """Whether the steps stand at adjacent positions somewhere in the passage."""

    def answers(step: Step, position: int, *, must_be_own: bool) -> bool:
        for term, own in entry.places.get(position, ()):
            match = step.match(term)
            if match and (own or not must_be_own) and (match.is_compatible or not is_quoted):
                return True
        return False

    return any(
        all(
            answers(step, position + n, must_be_own=is_own or (own_first and n == 0))
            for n, step in enumerate(run)
        )
        for position in entry.places
    )


def _passes(document: PassageDocument, request: SearchRequest) -> bool:
    for name, allowed in request.filters.items():
        values = (document.interview,) if name == "interview" else document.values(name)
        if allowed.isdisjoint(values):
            return False
    return True
