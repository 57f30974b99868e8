"""Build a page of results from scored passages: order, groups by interview, facets."""

from collections.abc import Sequence

import numpy as np

from search.backends.evaluation import Floats, ScoredPassages
from search.backends.postings import Integers
from search.backends.snapshot import Snapshot
from search.results import Hit, InterviewHits, SearchRequest, SearchResults

_LAST = 1e12
"""Subtracted from the score of passages with incompatible marks, so that they come last."""


def build_results(
    snapshot: Snapshot, request: SearchRequest, scored: ScoredPassages
) -> SearchResults:
    """Return the requested page, with exact counts of all passages found."""
    order = scored.scores - np.where(scored.is_compatible, 0.0, _LAST)
    names, codes = snapshot.interviews
    per_interview = np.bincount(codes[scored.documents], minlength=len(names))
    hits: tuple[Hit, ...] = ()
    groups: tuple[InterviewHits, ...] = ()
    if request.group_by_interview:
        groups = _groups(snapshot, request, scored, order, per_interview)
    else:
        best = _top(snapshot, scored, order, request.page_slice.stop)[request.page_slice]
        hits = _hits(snapshot, scored, best)
    return SearchResults(
        total=len(scored.documents),
        interviews=int(np.count_nonzero(per_interview)),
        hits=hits,
        groups=groups,
        facets={name: _facet(snapshot, name, scored.documents) for name in request.facets},
        generation=snapshot.generation,
    )


def _top(snapshot: Snapshot, scored: ScoredPassages, order: Floats, count: int) -> Integers:
    """Return the indexes of the best ``count``; only possible ones are sorted."""
    if len(order) > count:
        threshold = np.partition(order, len(order) - count)[len(order) - count]
        among = np.flatnonzero(order >= threshold)
    else:
        among = np.arange(len(order))
    pids = snapshot.pids[scored.documents[among]]
    return among[np.lexsort((pids, -order[among]))]


def _groups(
    snapshot: Snapshot,
    request: SearchRequest,
    scored: ScoredPassages,
    order: Floats,
    per_interview: Integers,
) -> tuple[InterviewHits, ...]:
    """Group by interview, ordered by best passage; sorts only what the page may need."""
    names, codes = snapshot.interviews
    found = codes[scored.documents]
    best = np.full(len(names), -np.inf)
    np.maximum.at(best, found, order)
    needed = min(request.page_slice.stop, int(np.count_nonzero(per_interview)))
    if not needed:
        return ()
    threshold = np.partition(best, len(best) - needed)[len(best) - needed]
    among = np.flatnonzero(best[found] >= threshold)
    pids = snapshot.pids[scored.documents[among]]
    ranked = among[np.lexsort((pids, -order[among]))]
    members: dict[int, list[int]] = {}
    for index, code in zip(ranked.tolist(), found[ranked].tolist(), strict=True):
        inside = members.setdefault(code, [])
        if len(inside) < request.hits_per_group:
            inside.append(index)
    return tuple(
        InterviewHits(names[code], int(per_interview[code]), _hits(snapshot, scored, inside))
        for code, inside in list(members.items())[request.page_slice]
    )


def _hits(
    snapshot: Snapshot, scored: ScoredPassages, indexes: Integers | Sequence[int]
) -> tuple[Hit, ...]:
    names, codes = snapshot.interviews
    return tuple(
        Hit(
            pid=bytes(snapshot.pids[number]).decode(),
            interview=names[codes[number]],
            score=float(scored.scores[index]),
            is_compatible=bool(scored.is_compatible[index]),
        )
        for index in indexes
        for number in (scored.documents[index],)
    )


def _facet(snapshot: Snapshot, name: str, documents: Integers) -> dict[str, int]:
    labels = snapshot.labels(name)
    found = np.zeros(snapshot.count, np.bool_)
    found[documents] = True
    counts = np.bincount(labels.codes[found[labels.documents]], minlength=len(labels.values))
    return {value: int(n) for value, n in zip(labels.values, counts, strict=True) if n}
