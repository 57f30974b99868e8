"""Reference backend: checks every passage for every query; short and slow.

The other backends must return the same results. It shares the rules of matching and
scoring with them, but not the way they look up passages.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from search import scoring
from search.backends import suggestions
from search.backends.base import IndexedInterview, IndexHealth, ReadAgain, read_nothing_again
from search.backends.terms import MOST_PREFIX_TERMS, OVERLAP_SIGN, analyse_document, is_word
from search.passages import PassageDocument
from search.query import Clause, PhraseStep, Query, QueryTerm, TermMatch
from search.results import Hit, InterviewHits, SearchRequest, SearchResults
from search.syllables import folded_key


@dataclass(slots=True)
class _IndexedPassage:
    document: PassageDocument
    length: int
    own: Counter[str] = field(default_factory=Counter)
    overlap: Counter[str] = field(default_factory=Counter)
    terms_at: dict[int, list[tuple[str, bool]]] = field(default_factory=dict)


@dataclass(slots=True)
class _TermMatches:
    """Matches of one query term with their counts, by index of the passage."""

    query_term: QueryTerm
    found: dict[int, list[tuple[TermMatch, int]]]
    idf: float


class InMemory:
    """A backend for tests; nothing is stored after the process ends."""

    def __init__(self) -> None:
        self._interviews: dict[str, tuple[int, list[_IndexedPassage]]] = {}
        self._commits = 0
        self._lock = threading.Lock()

    def put(self, interview: str, documents: Sequence[PassageDocument], version: int) -> None:
        """Replace all passages of one interview."""
        self.put_many([IndexedInterview(interview, version, documents)])

    def put_many(self, interviews: Iterable[IndexedInterview]) -> int:
        """Replace several interviews; all or none."""
        analysed = _analyse(interviews)
        with self._lock:
            self._interviews = self._interviews | analysed
            self._commits += 1
        return sum(len(entries) for _, entries in analysed.values())

    def drop(self, *interviews: str) -> None:
        """Remove interviews."""
        with self._lock:
            self._interviews = {k: v for k, v in self._interviews.items() if k not in interviews}
            self._commits += 1

    def indexed_versions(self) -> dict[str, int]:
        """Return the indexed version of every interview."""
        return {interview: version for interview, (version, _) in self._interviews.items()}

    def rebuild(
        self,
        interviews: Iterable[IndexedInterview],
        *,
        changed: ReadAgain = read_nothing_again,
        after: str = "",
    ) -> int:
        """Replace all interviews."""
        before = self._interviews
        analysed = _analyse(interviews)
        with self._lock:
            now = self._interviews
            touched = {key for key in before | now if before.get(key) is not now.get(key)}
            analysed = {key: one for key, one in analysed.items() if key not in touched}
            analysed |= _analyse(changed(frozenset(touched))) if touched else {}
            self._interviews = analysed
            self._commits += 1
        return sum(len(entries) for _, entries in analysed.values())

    def optimise(self) -> None:
        """Do nothing: there are no segments to merge."""

    def sweep(self) -> None:
        """Do nothing: there are no files."""

    def generation(self) -> str:
        """Return the number of commits."""
        return str(self._commits)

    def is_older_than(self, generation: str) -> bool:
        """Compare the numbers of commits."""
        return generation.isdecimal() and self._commits < int(generation)

    def health(self) -> IndexHealth:
        """Return ok."""
        return IndexHealth(
            code="ok",
            passages=sum(len(entries) for _, entries in self._interviews.values()),
            interviews=len(self._interviews),
            segments=1,
            generation=self.generation(),
        )

    def close(self) -> None:
        """Do nothing."""

    def find(self, request: SearchRequest) -> SearchResults:
        """Check every visible passage."""
        generation = self.generation()
        ranked = sorted(
            (hit for hit in self._hits(request) if _passes_filters(hit[1], request)),
            key=lambda hit: (not hit[0].is_compatible, -hit[0].score, hit[0].pid),
        )
        by_interview: dict[str, list[Hit]] = {}
        for hit, _ in ranked:
            by_interview.setdefault(hit.interview, []).append(hit)
        groups = tuple(
            InterviewHits(interview, len(hits), tuple(hits[: request.hits_per_group]))
            for interview, hits in list(by_interview.items())[request.page_slice]
        )
        return SearchResults(
            total=len(ranked),
            interviews=len(by_interview),
            hits=()
            if request.group_by_interview
            else tuple(h for h, _ in ranked[request.page_slice]),
            groups=groups if request.group_by_interview else (),
            facets={
                name: dict(Counter(v for _, d in ranked for v in d.field_values(name)))
                for name in request.facets
            },
            generation=generation,
        )

    def suggest(self, request: SearchRequest) -> tuple[str, ...]:
        """Return corrections for words that no passage contains which the request allows."""
        counts: Counter[str] = Counter()
        for entry in self._visible(request):
            if _passes_filters(entry.document, request):
                counts.update(term for term in entry.own if is_word(term))

        def spellings(folded: str) -> dict[str, int]:
            return {term: n for term, n in counts.items() if folded_key(term) == folded}

        def is_found(query: Query) -> bool:
            return self.find(replace(request, query=query, page=1)).total > 0

        return suggestions.suggest(request.query, spellings, is_found)

    def _visible(self, request: SearchRequest) -> list[_IndexedPassage]:
        return [
            entry
            for _, entries in self._interviews.values()
            for entry in entries
            if _is_open(entry.document, request) and entry.length
        ]

    def _hits(self, request: SearchRequest) -> Iterator[tuple[Hit, PassageDocument]]:
        visible = self._visible(request)
        if not visible:
            return
        average = sum(entry.length for entry in visible) / len(visible)
        clauses = request.query.clauses
        matches_by_clause = [
            [_match_term(visible, clause, number) for number in range(len(clause.query_terms))]
            for clause in clauses
        ]
        for index, entry in enumerate(visible):
            if not all(
                term_matches.found.get(index) for row in matches_by_clause for term_matches in row
            ):
                continue
            if not all(_has_phrases(entry, clause) for clause in clauses):
                continue
            score = _score(entry, [p for row in matches_by_clause for p in row], index, average)
            for (before, after), (left, right) in zip(
                request.query.adjacent_terms(),
                zip(
                    (row[-1] for row in matches_by_clause),
                    (row[0] for row in matches_by_clause[1:]),
                    strict=False,
                ),
                strict=True,
            ):
                if _has_adjacent(entry, (before, after), is_own=True):
                    score += scoring.ADJACENT * (left.idf + right.idf) / 2
            compatible = all(
                any(match.is_compatible for match, _ in term_matches.found[index])
                for row in matches_by_clause
                for term_matches in row
            )
            document = entry.document
            rounded = round(score, scoring.DECIMALS)
            yield Hit(document.pid, document.interview, rounded, compatible), document


def _analyse(
    interviews: Iterable[IndexedInterview],
) -> dict[str, tuple[int, list[_IndexedPassage]]]:
    return {one.interview: (one.version, _entries(one.documents)) for one in interviews}


def _entries(documents: Iterable[PassageDocument]) -> list[_IndexedPassage]:
    made = []
    for document in documents:
        analysed = analyse_document(document)
        entry = _IndexedPassage(document, analysed.length)
        for key, positions in analysed.positions.items():
            term = key.removeprefix(OVERLAP_SIGN)
            (entry.own if term == key else entry.overlap)[term] += len(positions)
            for position in positions:
                entry.terms_at.setdefault(position, []).append((term, term == key))
        made.append(entry)
    return made


def _match_term(visible: list[_IndexedPassage], clause: Clause, number: int) -> _TermMatches:
    """Find the passages with a query term; after the first word, the overlap counts too."""
    query_term = clause.query_terms[number]
    known = {term for entry in visible for term in entry.own}
    if number:
        known |= {term for entry in visible for term in entry.overlap}
    matches = {term: match for term in known if (match := clause.match(query_term, term))}
    if query_term.shape == "prefix":
        matches = {term: matches[term] for term in sorted(matches)[:MOST_PREFIX_TERMS]}
    found = {}
    for index, entry in enumerate(visible):
        counts = [(matches[t], n) for t, n in entry.own.items() if t in matches]
        if number:
            counts += [(matches[t], n) for t, n in entry.overlap.items() if t in matches]
        if counts:
            found[index] = counts
    return _TermMatches(query_term, found, scoring.idf(len(visible), len(found)))


def _score(
    entry: _IndexedPassage, matches_by_clause: list[_TermMatches], index: int, average: float
) -> float:
    return sum(
        term_matches.idf * match.boost * scoring.saturation(count, entry.length, average)
        for term_matches in matches_by_clause
        for match, count in term_matches.found[index]
    )


def _has_phrases(entry: _IndexedPassage, clause: Clause) -> bool:
    runs = clause.runs()
    return all(
        len(run) == 1
        or _has_adjacent(entry, run, is_quoted=clause.is_quoted, own_first=number == 0)
        for number, run in enumerate(runs)
    )


def _has_adjacent(
    entry: _IndexedPassage,
    run: Sequence[PhraseStep],
    *,
    is_own: bool = False,
    own_first: bool = True,
    is_quoted: bool = False,
) -> bool:
    """Return whether the steps are at adjacent positions of the passage."""

    def matches_at(step: PhraseStep, position: int, *, must_be_own: bool) -> bool:
        for term, own in entry.terms_at.get(position, ()):
            match = step.match(term)
            if match and (own or not must_be_own) and (match.is_compatible or not is_quoted):
                return True
        return False

    return any(
        all(
            matches_at(step, position + n, must_be_own=is_own or (own_first and n == 0))
            for n, step in enumerate(run)
        )
        for position in entry.terms_at
    )


def _is_open(document: PassageDocument, request: SearchRequest) -> bool:
    is_admitted = document.access & request.access or document.interview in request.opened
    is_closed = document.interview in request.closed or not request.closed_recordings.isdisjoint(
        document.field_values("recording")
    )
    return bool(is_admitted) and not is_closed


def _passes_filters(document: PassageDocument, request: SearchRequest) -> bool:
    for name, allowed in request.filters.items():
        values = (document.interview,) if name == "interview" else document.field_values(name)
        if allowed.isdisjoint(values):
            return False
    return True
