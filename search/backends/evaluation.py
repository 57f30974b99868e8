"""Answer a query from posting lists, in vectors: what stock Whoosh does posting by posting.

The mask of what the reader may see comes first, and everything after it (statistics,
scores, counts, facets, groups) knows only what the mask lets through.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search import scoring
from search.analysis import TAIL_SIGN
from search.backends.postings import Bools, Integers, Postings
from search.backends.schema import WORDS
from search.backends.snapshot import Snapshot, View
from search.backends.terms import MOST_PREFIX_TERMS, OVERLAP_SIGN
from search.nearness import neighbours
from search.query import Clause, Match, Query, Step, Wanted

Floats = NDArray[np.float64]
_STRIDE = 1 << 32
"""Passage and position in one sortable number: positions stay below, passages above."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Passages found, ascending, with their scores and whether all marks are compatible."""

    documents: Integers
    scores: Floats
    is_compatible: Bools


@dataclass(frozen=True, slots=True)
class _Part:
    """One wanted word: the lists that answer it, and the visible passages they cover."""

    lists: tuple[tuple[Match, Postings], ...]
    holds: Bools
    holds_compatible: Bools
    idf: float


def candidates(snapshot: Snapshot, wanted: Wanted) -> list[str]:
    """Terms of the vocabulary that may answer; ``Wanted.match`` decides, term by term."""
    vocabulary = snapshot.vocabulary
    if wanted.unit:
        return [wanted.unit, *vocabulary.get(wanted.folded, ())]
    if wanted.shape == "prefix":
        begun = snapshot.beginning_with(wanted.folded)
        return sorted(term for folded in begun for term in vocabulary[folded])
    found = list(vocabulary.get(wanted.folded, ()))
    if wanted.shape == "fuzzy":
        found.extend(t for folded in neighbours(wanted.folded) for t in vocabulary.get(folded, ()))
    if wanted.stem:
        found.append(wanted.stem)
    return found


def evaluate(snapshot: Snapshot, query: Query, view: View, allowed: Bools) -> Scored:
    """Passages within ``allowed`` (part of the view) that answer; statistics are the view's."""
    hits = allowed.copy()
    parts = []
    for clause in query.clauses:
        row = [_part(snapshot, view, clause, n) for n in range(len(clause.wanted))]
        parts.append(row)
        for part in row:
            hits &= part.holds
    for clause in query.clauses:
        for number, run in enumerate(clause.runs()):
            if len(run) > 1 and hits.any():
                hits = _standing(
                    snapshot, run, hits, is_quoted=clause.is_quoted, own_first=number == 0
                )
    scores = np.zeros(snapshot.count)
    for row in parts:
        for part in row:
            _add_scores(snapshot, view, part, hits, scores)
    for steps, before, after in zip(query.neighbours(), parts, parts[1:], strict=False):
        bonus = scoring.NEIGHBOURS * (before[-1].idf + after[0].idf) / 2
        scores[_standing(snapshot, steps, hits, is_own=True)] += bonus
    compatible = hits.copy()
    for row in parts:
        for part in row:
            compatible &= part.holds_compatible
    documents = np.flatnonzero(hits)
    rounded = np.round(scores[documents], scoring.DECIMALS)
    return Scored(documents, rounded, compatible[documents])


def _part(snapshot: Snapshot, view: View, clause: Clause, number: int) -> _Part:
    wanted = clause.wanted[number]
    signs = ("", OVERLAP_SIGN) if number else ("",)
    lists: list[tuple[Match, Postings]] = []
    holds = np.zeros(snapshot.count, np.bool_)
    compatible = np.zeros(snapshot.count, np.bool_)
    visible_terms = 0
    for term in dict.fromkeys(candidates(snapshot, wanted)):
        match = clause.match(wanted, term)
        if match is None:
            continue
        found = [snapshot.postings(WORDS, sign + term) for sign in signs]
        documents = np.concatenate([postings.documents for postings in found])
        if wanted.shape == "prefix":
            if not view.visible[documents].any():
                continue
            visible_terms += 1
        lists.extend((match, postings) for postings in found)
        holds[documents] = True
        if match.is_compatible:
            compatible[documents] = True
        if visible_terms == MOST_PREFIX_TERMS:
            break
    holds &= view.visible
    idf = scoring.idf(view.passages, int(np.count_nonzero(holds)))
    return _Part(tuple(lists), holds, compatible, idf)


def _add_scores(snapshot: Snapshot, view: View, part: _Part, hits: Bools, scores: Floats) -> None:
    for match, postings in part.lists:
        chosen = hits[postings.documents]
        documents = postings.documents[chosen]
        counts = postings.counts[chosen].astype(np.float64)
        norm = scoring.K1 * (
            1 - scoring.B + scoring.B * snapshot.lengths[documents] / view.average_length
        )
        weights = counts * (scoring.K1 + 1) / (counts + norm)
        scores[documents] += part.idf * match.boost * weights


def _standing(
    snapshot: Snapshot,
    run: Sequence[Step],
    hits: Bools,
    *,
    is_own: bool = False,
    own_first: bool = True,
    is_quoted: bool = False,
) -> Bools:
    """Those of ``hits`` in which the steps stand at adjacent positions."""
    ends: Integers | None = None
    within = hits
    for number, step in enumerate(run):
        must_be_own = is_own or (own_first and number == 0)
        lists = _step_lists(snapshot, step, must_be_own=must_be_own, is_quoted=is_quoted)
        places = _places(lists, within)
        ends = places if ends is None else _after(ends, places)
        within = np.zeros(snapshot.count, np.bool_)
        within[ends // _STRIDE] = True
        if not len(ends):
            break
    return within


def _step_lists(
    snapshot: Snapshot, step: Step, *, must_be_own: bool, is_quoted: bool
) -> Iterable[Postings]:
    terms = candidates(snapshot, step.wanted)
    if step.side == "tail" and step.wanted.unit:
        terms = [step.wanted.unit + TAIL_SIGN, *terms]
    visible_limit = MOST_PREFIX_TERMS if step.wanted.shape == "prefix" else len(terms)
    for term in dict.fromkeys(terms[:visible_limit]):
        match = step.match(term)
        if match and (match.is_compatible or not is_quoted):
            yield snapshot.postings(WORDS, term)
            if not must_be_own:
                yield snapshot.postings(WORDS, OVERLAP_SIGN + term)


def _places(lists: Iterable[Postings], within: Bools) -> Integers:
    """Passage and position of every occurrence inside ``within``, sorted, each once."""
    found = [np.empty(0, np.int64)]
    for postings in lists:
        chosen = within[postings.documents]
        if chosen.any():
            repeated = np.repeat(postings.documents.astype(np.int64), postings.counts)
            kept = np.repeat(chosen, postings.counts)
            found.append(repeated[kept] * _STRIDE + postings.positions[kept])
    return np.unique(np.concatenate(found)) if len(found) != 2 else found[1]


def _after(ends: Integers, places: Integers) -> Integers:
    """Those places that come right after one of the ends; both sorted."""
    if not len(places) or not len(ends):
        return ends[:0]
    following: Integers = ends + 1
    at = np.minimum(np.searchsorted(places, following), len(places) - 1)
    return np.compress(places[at] == following, following)
