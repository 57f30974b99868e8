"""The embedded backend: Whoosh keeps the postings, numpy answers from them.

Any number of threads and processes read; one process writes. A reader looks for a
newer state at every question and keeps the arrays of all segments that stayed.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from whoosh import index as whoosh_index
from whoosh.reading import SegmentReader

from search.backends import suggestions, writing
from search.backends.base import (
    Health,
    IndexDamaged,
    IndexedInterview,
    IndexOutdated,
    SearchFault,
)
from search.backends.evaluation import Scored, evaluate
from search.backends.folder import PREFIX, IndexFolder
from search.backends.postings import Bools, PostingCache, SegmentArrays
from search.backends.ranking import answer
from search.backends.schema import WORDS
from search.backends.snapshot import EMPTY, Snapshot, View
from search.passages import PassageDocument
from search.query import Query
from search.results import Results, SearchRequest

CACHE_BYTES = 256 * 2**20
LOCK_TIMEOUT_S = 30.0
Answer = TypeVar("Answer")
_ATTEMPTS = 3
"""A writer may remove segments between a reader's look at the list and its opening them."""


class OnDisk:
    """An index under ``root``, made at the first write; without one nothing is found."""

    def __init__(
        self,
        root: Path,
        *,
        cache_bytes: int = CACHE_BYTES,
        lock_timeout_s: float = LOCK_TIMEOUT_S,
    ) -> None:
        self._folder = IndexFolder(root)
        self._lock_timeout_s = lock_timeout_s
        self._cache = PostingCache(cache_bytes)
        self._refreshing = threading.Lock()
        self._snapshot = EMPTY
        self._index: Any = None
        self._path: Path | None = None

    # Writing

    def put(self, interview: str, documents: Sequence[PassageDocument], version: int) -> None:
        """Replace everything of one interview, in one commit."""
        self.put_many([IndexedInterview(interview, version, documents)])

    def put_many(self, interviews: Iterable[IndexedInterview]) -> int:
        """Replace several interviews in one commit; all or none."""
        with self._folder.lock(timeout_s=self._lock_timeout_s):
            return writing.change(self._writable(), put=interviews)

    def drop(self, *interviews: str) -> None:
        """Forget interviews, in one commit."""
        with self._folder.lock(timeout_s=self._lock_timeout_s):
            writing.change(self._writable(), drop=interviews)

    def rebuild(self, interviews: Iterable[IndexedInterview]) -> int:
        """Build aside, sync, change over; other writers wait meanwhile and so lose nothing.

        The index before stays on disk for readers that are still in it, until the
        rebuild after this one.
        """
        with self._folder.lock(timeout_s=self._lock_timeout_s):
            before = self._folder.current()
            self._folder.sweep(keep=(before,))
            path = self._folder.make_next()
            passages = writing.create(path, interviews)
            self._folder.point_to(path)
            self._folder.sweep(keep=(before, path))
            return passages

    def tidy(self) -> None:
        """Merge all segments into one; readers go on meanwhile, writers wait."""
        with self._folder.lock(timeout_s=self._lock_timeout_s):
            writing.tidy(self._writable())

    def _writable(self) -> Path:
        path = self._folder.current()
        if path is None:
            path = self._folder.make_next()
            writing.create(path)
            self._folder.point_to(path)
        _require_current(path)
        return path

    # Reading

    def find(self, request: SearchRequest) -> Results:
        """Answer from the newest committed state."""
        return self._reading(lambda snapshot: self._find(snapshot, request))

    def _find(self, snapshot: Snapshot, request: SearchRequest) -> Results:
        view = snapshot.view(request.access, request.closed)
        allowed = view.visible
        for name, values in request.filters.items():
            allowed = allowed & snapshot.label_mask(name, frozenset(values))
        return answer(snapshot, request, self._score(snapshot, request.query, view, allowed))

    def _score(self, snapshot: Snapshot, query: Query, view: View, allowed: Bools) -> Scored:
        return evaluate(snapshot, query, view, allowed)

    def suggest(self, request: SearchRequest) -> tuple[str, ...]:
        """Neighbours of the words that no visible passage holds."""
        return self._reading(lambda snapshot: self._suggest(snapshot, request))

    def _suggest(self, snapshot: Snapshot, request: SearchRequest) -> tuple[str, ...]:
        visible = snapshot.view(request.access, request.closed).visible

        def spellings(folded: str) -> dict[str, int]:
            counts = {
                term: int(np.count_nonzero(visible[snapshot.postings(WORDS, term).documents]))
                for term in snapshot.vocabulary.get(folded, ())
            }
            return {term: count for term, count in counts.items() if count}

        def is_found(query: Query) -> bool:
            return self._find(snapshot, replace(request, query=query, page=1)).total > 0

        return suggestions.suggest(request.query, spellings, is_found)

    def versions(self) -> dict[str, int]:
        """Version of every interview as indexed."""
        return self._reading(lambda snapshot: snapshot.versions())

    def generation(self) -> str:
        """Directory and commit."""
        return self._refreshed().generation

    def health(self) -> Health:
        """Open the index and count; never raises."""
        path = self._folder.current()
        if path is None:
            return Health(code="index_missing", detail="nothing has been indexed yet")
        try:
            snapshot = self._refreshed()
            interviews = len(self.versions())
        except SearchFault as fault:
            return Health(code=fault.code, detail=str(fault))
        return Health(
            code="ok",
            passages=snapshot.live_count - interviews,
            interviews=interviews,
            segments=len(snapshot.segments),
            generation=snapshot.generation,
        )

    def close(self) -> None:
        """Close the files of all segments."""
        with self._refreshing:
            for segment in self._snapshot.segments:
                segment.close()
            self._snapshot, self._index, self._path = EMPTY, None, None

    # Following the writer

    def _reading(self, ask: Callable[[Snapshot], Answer]) -> Answer:
        """Answer from a fresh snapshot; if its files went away meanwhile, from a fresher one."""
        for attempt in range(_ATTEMPTS):
            try:
                return ask(self._refreshed())
            except FileNotFoundError as gone:
                if attempt == _ATTEMPTS - 1:
                    raise IndexDamaged(str(gone)) from gone
        raise AssertionError("unreachable")

    def _refreshed(self) -> Snapshot:
        path = self._folder.current()
        if path is None:
            return EMPTY
        _require_current(path)
        with self._refreshing:
            for attempt in range(_ATTEMPTS):
                try:
                    return self._refresh(path)
                except Exception as fault:  # Whoosh raises anything on damaged files
                    if attempt == _ATTEMPTS - 1:
                        raise IndexDamaged(f"{type(fault).__name__}: {fault}") from fault
        raise AssertionError("unreachable")

    def _refresh(self, path: Path) -> Snapshot:
        if self._index is None or path != self._path:
            self._index, self._path = whoosh_index.open_dir(str(path)), path
        generation = f"{path.name}:{self._index.latest_generation()}"
        if generation == self._snapshot.generation:
            return self._snapshot
        reader = self._index.reader()
        try:
            generation = f"{path.name}:{reader.generation()}"
            known = {segment.name: segment for segment in self._snapshot.segments}
            segments, live = [], []
            for leaf, _ in reader.leaf_readers():
                if not isinstance(leaf, SegmentReader):
                    continue
                name = leaf.segment().segment_id()
                segments.append(known.get(name) or self._open(leaf))
                live.append(_live(leaf))
        finally:
            reader.close()
        self._cache.forget(known.keys() - {segment.name for segment in segments})
        self._snapshot = Snapshot(generation, segments, live)
        return self._snapshot

    def _open(self, leaf: Any) -> SegmentArrays:
        """A reader of our own for the segment, to live as long as its arrays are used."""
        reader = SegmentReader(self._index.storage, self._index.schema, leaf.segment())
        return SegmentArrays(reader, self._cache)


def _live(leaf: Any) -> Bools:
    live = np.ones(leaf.doc_count_all(), np.bool_)
    deleted = list(leaf.segment().deleted_docs())
    live[np.array(deleted, np.int64)] = False
    return live


def _require_current(path: Path) -> None:
    if not path.name.startswith(PREFIX):
        raise IndexOutdated(expected=PREFIX.rstrip("-"), found=path.name)
