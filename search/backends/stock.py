"""The index of `on_disk`, searched with Whoosh's own queries and scorers.

Uses the public interface only: a fallback for another version of Whoosh, and an
independent implementation for tests, with the same results in the same order. Ten to
hundreds of times slower.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from whoosh import query as whoosh_query
from whoosh import scoring as whoosh_scoring
from whoosh.searching import SearchContext, Searcher

from search import scoring
from search.analysis import TAIL_SIGN
from search.backends.evaluation import ScoredPassages, candidate_terms
from search.backends.on_disk import OnDisk
from search.backends.postings import Bools
from search.backends.schema import WORDS
from search.backends.snapshot import AccessView, Snapshot
from search.backends.terms import MOST_PREFIX_TERMS, OVERLAP_SIGN
from search.query import Clause, PhraseStep, Query, QueryTerm, TermMatch

_NO_SCORE = 1e-12
"""Used instead of a constant score of 0, which Whoosh 2.7.4 treats as 1, and of its Require
query, which excludes matches; far below the rounding of scores."""


class StockWhoosh(OnDisk):
    """OnDisk with Whoosh's evaluation; storage, ranking and pages are shared."""

    def _score(
        self, snapshot: Snapshot, query: Query, view: AccessView, allowed: Bools
    ) -> ScoredPassages:
        if not snapshot.count:
            return ScoredPassages(
                np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.bool_)
            )
        searcher = Searcher(self._index.reader(), weighting=_Saturation(snapshot, view))
        with searcher:
            if searcher.doc_count_all() != snapshot.count:
                raise FileNotFoundError("the index changed while it was asked")
            compiler = _Compiler(snapshot, view)
            found = {
                number: score
                for number, score in _matches(searcher, compiler.compile(query))
                if allowed[number]
            }
            compatible = {n for n, _ in _matches(searcher, compiler.compile_compatible(query))}
        numbers = sorted(found)
        return ScoredPassages(
            np.array(numbers, np.int64),
            np.array([round(found[n], scoring.DECIMALS) for n in numbers], np.float64),
            np.array([n in compatible for n in numbers], np.bool_),
        )


def _matches(searcher: Any, query: Any) -> Iterator[tuple[int, float]]:
    context = SearchContext(weighting=searcher.weighting)
    for leaf, offset in searcher.leaf_searchers():
        matcher = query.matcher(leaf, context)
        while matcher.is_active():
            yield matcher.id() + offset, matcher.score()
            matcher.next()


class _Saturation(whoosh_scoring.WeightingModel):  # type: ignore[misc]
    """BM25 without idf, which the compiler multiplies into the boost of a term."""

    def __init__(self, snapshot: Snapshot, view: AccessView) -> None:
        self._lengths = {segment.name: segment.lengths for segment in snapshot.segments}
        self._average = view.average_length

    def scorer(self, searcher: Any, *_: object, **__: object) -> Any:
        lengths = self._lengths[searcher.reader().segment().segment_id()]
        return _Scorer(lengths.tolist(), self._average)


class _Scorer(whoosh_scoring.BaseScorer):  # type: ignore[misc]
    def __init__(self, lengths: list[float], average: float) -> None:
        self._lengths = lengths
        self._average = average

    def supports_block_quality(self) -> bool:
        return False

    def score(self, matcher: Any) -> float:
        return scoring.saturation(matcher.weight(), self._lengths[matcher.id()], self._average)


class _Compiler:
    """Converts queries to Whoosh's; statistics are computed here, over the view."""

    def __init__(self, snapshot: Snapshot, view: AccessView) -> None:
        self._snapshot = snapshot
        self._view = view

    def compile(self, query: Query) -> Any:
        """Return the query: all clauses and phrases required, adjacent terms boosted."""
        parts = []
        idfs: list[list[float]] = []
        for clause in query.clauses:
            row = []
            for number, query_term in enumerate(clause.query_terms):
                terms = list(self._terms(clause, query_term, number))
                row.append(self._idf(term for _, term in terms))
                parts.append(_any_of(terms, row[-1]))
            idfs.append(row)
        whole = whoosh_query.And(parts)
        for clause in query.clauses:
            for number, run in enumerate(clause.runs()):
                if len(run) > 1:
                    steps = [
                        self._step(step, is_own=number == 0 and n == 0, is_quoted=clause.is_quoted)
                        for n, step in enumerate(run)
                    ]
                    run_only = whoosh_query.ConstantScoreQuery(
                        whoosh_query.Sequence(steps), _NO_SCORE
                    )
                    whole = whoosh_query.And([whole, run_only])
        for pair, before, after in zip(query.adjacent_terms(), idfs, idfs[1:], strict=False):
            bonus = scoring.ADJACENT * (before[-1] + after[0]) / 2
            near = whoosh_query.Sequence([self._step(step, is_own=True) for step in pair])
            whole = whoosh_query.AndMaybe(whole, whoosh_query.ConstantScoreQuery(near, bonus))
        return whole

    def compile_compatible(self, query: Query) -> Any:
        """Return a query for passages in which every word has the typed marks or none."""
        return whoosh_query.And(
            [
                _any_of(
                    [t for t in self._terms(clause, query_term, number) if t[0].is_compatible], 1.0
                )
                for clause in query.clauses
                for number, query_term in enumerate(clause.query_terms)
            ]
        )

    def _terms(
        self, clause: Clause, query_term: QueryTerm, number: int
    ) -> Iterator[tuple[TermMatch, str]]:
        signs = ("", OVERLAP_SIGN) if number else ("",)
        visible_terms = 0
        for term in dict.fromkeys(candidate_terms(self._snapshot, query_term)):
            match = clause.match(query_term, term)
            if match is None or visible_terms == MOST_PREFIX_TERMS:
                continue
            if query_term.shape == "prefix":
                if not self._count_passages([sign + term for sign in signs]):
                    continue
                visible_terms += 1
            yield from ((match, sign + term) for sign in signs)

    def _step(self, step: PhraseStep, *, is_own: bool, is_quoted: bool = False) -> Any:
        terms = candidate_terms(self._snapshot, step.query_term)
        if step.side == "tail" and step.query_term.unit:
            terms = [step.query_term.unit + TAIL_SIGN, *terms]
        found = []
        for term in dict.fromkeys(terms):
            match = step.match(term)
            if match and (match.is_compatible or not is_quoted):
                found.append((match, term))
                if not is_own:
                    found.append((match, OVERLAP_SIGN + term))
        return _any_of(found, 1.0)

    def _idf(self, terms: Iterator[str]) -> float:
        return scoring.idf(self._view.passages, self._count_passages(terms))

    def _count_passages(self, terms: Any) -> int:
        held = np.zeros(self._snapshot.count, np.bool_)
        for term in terms:
            held[self._snapshot.postings(WORDS, term).documents] = True
        return int(np.count_nonzero(held & self._view.visible))


def _any_of(terms: list[tuple[TermMatch, str]], idf: float) -> Any:
    return whoosh_query.Or(
        [whoosh_query.Term(WORDS, term, boost=match.boost * idf) for match, term in terms]
    )
