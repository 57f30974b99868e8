"""Evaluate a query on posting lists with numpy; stock Whoosh does it posting by posting.

The mask of visible passages is applied first, so that statistics, scores, counts, facets
and groups depend on visible passages only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search import scoring
from search.analysis import TAIL_SIGN
from search.backends.postings import Bools, Integers, Postings
from search.backends.schema import WORDS
from search.backends.snapshot import AccessView, Snapshot
from search.backends.terms import MOST_PREFIX_TERMS, OVERLAP_SIGN
from search.edit_distance import words_one_edit_away
from search.query import Clause, PhraseStep, Query, QueryTerm, TermMatch

Floats = NDArray[np.float64]
_STRIDE = 1 << 32
"""Factor for passage × _STRIDE + position, one sortable number."""


@dataclass(frozen=True, slots=True)
class ScoredPassages:
    """The passages found, ascending, with scores and whether all marks are compatible."""

    documents: Integers
    scores: Floats
    is_compatible: Bools


@dataclass(frozen=True, slots=True)
class _TermMatches:
    """The posting lists that match one query term, and the visible passages in them."""

    lists: tuple[tuple[TermMatch, Postings], ...]
    matching: Bools
    matching_compatible: Bools
    idf: float


def candidate_terms(snapshot: Snapshot, query_term: QueryTerm) -> list[str]:
    """Return terms of the vocabulary that may match; ``QueryTerm.match`` decides for each."""
    vocabulary = snapshot.vocabulary
    if query_term.unit:
        return [query_term.unit, *vocabulary.get(query_term.folded, ())]
    if query_term.shape == "prefix":
        begun = snapshot.words_with_prefix(query_term.folded)
        return sorted(term for folded in begun for term in vocabulary[folded])
    found = list(vocabulary.get(query_term.folded, ()))
    if query_term.shape == "fuzzy":
        found.extend(
            t
            for folded in words_one_edit_away(query_term.folded)
            for t in vocabulary.get(folded, ())
        )
    if query_term.stem:
        found.append(query_term.stem)
    return found


def evaluate(snapshot: Snapshot, query: Query, view: AccessView, allowed: Bools) -> ScoredPassages:
    """Return the matching passages of ``allowed``, a subset of the view, with scores.

    Statistics (idf, average length) are those of the view.
    """
    hits = allowed.copy()
    matches_by_clause = []
    for clause in query.clauses:
        row = [_match_term(snapshot, view, clause, n) for n in range(len(clause.query_terms))]
        matches_by_clause.append(row)
        for term_matches in row:
            hits &= term_matches.matching
    for clause in query.clauses:
        for number, run in enumerate(clause.runs()):
            if len(run) > 1 and hits.any():
                hits = _adjacent(
                    snapshot, run, hits, is_quoted=clause.is_quoted, own_first=number == 0
                )
    scores = np.zeros(snapshot.count)
    for row in matches_by_clause:
        for term_matches in row:
            _add_scores(snapshot, view, term_matches, hits, scores)
    for steps, before, after in zip(
        query.adjacent_terms(), matches_by_clause, matches_by_clause[1:], strict=False
    ):
        bonus = scoring.ADJACENT * (before[-1].idf + after[0].idf) / 2
        scores[_adjacent(snapshot, steps, hits, is_own=True)] += bonus
    compatible = hits.copy()
    for row in matches_by_clause:
        for term_matches in row:
            compatible &= term_matches.matching_compatible
    documents = np.flatnonzero(hits)
    rounded = np.round(scores[documents], scoring.DECIMALS)
    return ScoredPassages(documents, rounded, compatible[documents])


def _match_term(snapshot: Snapshot, view: AccessView, clause: Clause, number: int) -> _TermMatches:
    query_term = clause.query_terms[number]
    signs = ("", OVERLAP_SIGN) if number else ("",)
    lists: list[tuple[TermMatch, Postings]] = []
    matching = np.zeros(snapshot.count, np.bool_)
    compatible = np.zeros(snapshot.count, np.bool_)
    visible_terms = 0
    for term in dict.fromkeys(candidate_terms(snapshot, query_term)):
        match = clause.match(query_term, term)
        if match is None:
            continue
        found = [snapshot.postings(WORDS, sign + term) for sign in signs]
        documents = np.concatenate([postings.documents for postings in found])
        if query_term.shape == "prefix":
            if not view.visible[documents].any():
                continue
            visible_terms += 1
        lists.extend((match, postings) for postings in found)
        matching[documents] = True
        if match.is_compatible:
            compatible[documents] = True
        if visible_terms == MOST_PREFIX_TERMS:
            break
    matching &= view.visible
    idf = scoring.idf(view.passages, int(np.count_nonzero(matching)))
    return _TermMatches(tuple(lists), matching, compatible, idf)


def _add_scores(
    snapshot: Snapshot, view: AccessView, term_matches: _TermMatches, hits: Bools, scores: Floats
) -> None:
    for match, postings in term_matches.lists:
        chosen = hits[postings.documents]
        documents = postings.documents[chosen]
        counts = postings.counts[chosen].astype(np.float64)
        norm = scoring.K1 * (
            1 - scoring.B + scoring.B * snapshot.lengths[documents] / view.average_length
        )
        weights = counts * (scoring.K1 + 1) / (counts + norm)
        scores[documents] += term_matches.idf * match.boost * weights


def _adjacent(
    snapshot: Snapshot,
    run: Sequence[PhraseStep],
    hits: Bools,
    *,
    is_own: bool = False,
    own_first: bool = True,
    is_quoted: bool = False,
) -> Bools:
    """Return those of ``hits`` in which the steps are at adjacent positions."""
    ends: Integers | None = None
    within = hits
    for number, step in enumerate(run):
        must_be_own = is_own or (own_first and number == 0)
        lists = _step_lists(snapshot, step, within, must_be_own=must_be_own, is_quoted=is_quoted)
        occurrences = _occurrences(lists, within)
        ends = occurrences if ends is None else _after(ends, occurrences)
        within = np.zeros(snapshot.count, np.bool_)
        within[ends // _STRIDE] = True
        if not len(ends):
            break
    return within


def _step_lists(
    snapshot: Snapshot, step: PhraseStep, within: Bools, *, must_be_own: bool, is_quoted: bool
) -> Iterable[Postings]:
    """Yield the lists of terms that match a step; prefix terms count only if found ``within``."""
    terms = candidate_terms(snapshot, step.query_term)
    if step.query_term.unit:
        terms = [step.query_term.unit + TAIL_SIGN, *terms]
    signs = ("",) if must_be_own else ("", OVERLAP_SIGN)
    prefix_terms = 0
    for term in dict.fromkeys(terms):
        match = step.match(term)
        if not match or (is_quoted and not match.is_compatible):
            continue
        found = [snapshot.postings(WORDS, sign + term) for sign in signs]
        if step.query_term.shape == "prefix":
            if not any(within[postings.documents].any() for postings in found):
                continue
            prefix_terms += 1
        yield from found
        if prefix_terms == MOST_PREFIX_TERMS:
            break


def _occurrences(lists: Iterable[Postings], within: Bools) -> Integers:
    """Return each distinct occurrence inside ``within`` as passage and position, sorted."""
    found = [np.empty(0, np.int64)]
    for postings in lists:
        chosen = within[postings.documents]
        if chosen.any():
            repeated = np.repeat(postings.documents.astype(np.int64), postings.counts)
            kept = np.repeat(chosen, postings.counts)
            found.append(repeated[kept] * _STRIDE + postings.positions[kept])
    return np.unique(np.concatenate(found)) if len(found) != 2 else found[1]


def _after(ends: Integers, occurrences: Integers) -> Integers:
    """Return the occurrences directly after one of the ends; both are sorted, neither empty."""
    following: Integers = ends + 1
    at = np.minimum(np.searchsorted(occurrences, following), len(occurrences) - 1)
    return np.compress(occurrences[at] == following, following)
