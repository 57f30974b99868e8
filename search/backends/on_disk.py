"""The embedded backend: Whoosh stores the postings, numpy evaluates queries.

Any number of threads and processes read; one process writes. A reader checks for a newer
state at every query and keeps the arrays of unchanged segments.
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
    IndexDamaged,
    IndexedInterview,
    IndexHealth,
    IndexOutdated,
    ReadAgain,
    SearchIndexError,
    read_nothing_again,
)
from search.backends.evaluation import ScoredPassages, evaluate
from search.backends.folder import FOLDER_PREFIX, IndexFolder, follows
from search.backends.postings import Bools, PostingCache, SegmentArrays
from search.backends.ranking import build_results
from search.backends.schema import WORDS
from search.backends.snapshot import EMPTY, AccessView, Snapshot
from search.passages import PassageDocument
from search.query import Query
from search.results import SearchRequest, SearchResults

CACHE_BYTES = 256 * 2**20
LOCK_TIMEOUT_S = 30.0
Result = TypeVar("Result")
_ATTEMPTS = 3
"""Attempts to open segments: a writer may delete them after a reader has listed them."""


class OnDisk:
    """An index under ``root``, created at the first write."""

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
        """Replace all passages of one interview, in one commit."""
        self.put_many([IndexedInterview(interview, version, documents)])

    def put_many(self, interviews: Iterable[IndexedInterview]) -> int:
        """Replace several interviews in one commit; all or none."""
        with self._folder.lock(timeout_s=self._lock_timeout_s):
            return writing.commit_changes(self._writable(), put=interviews)

    def drop(self, *interviews: str) -> None:
        """Remove interviews, in one commit."""
        with self._folder.lock(timeout_s=self._lock_timeout_s):
            if self._folder.current() is not None:
                writing.commit_changes(self._writable(), drop=interviews)

    def rebuild(
        self,
        interviews: Iterable[IndexedInterview],
        *,
        changed: ReadAgain = read_nothing_again,
        after: str = "",
    ) -> int:
        """Build a new generation, sync it and switch to it; other writers wait for the switch.

        The previous generation stays on the disk for its readers until the next `sweep`.
        """
        with self._folder.rebuild_lock(timeout_s=self._lock_timeout_s):
            before = self._folder.current()
            self._folder.delete_generations(keep=(before,))
            stamps = self._stamps()
            path = self._folder.make_next(after=after.rpartition(":")[0])
            writing.create_index(path, interviews)
            with self._folder.lock(timeout_s=self._lock_timeout_s):
                touched = frozenset(one for one, _ in stamps.items() ^ self._stamps().items())
                if touched:
                    writing.commit_changes(path, drop=touched)
                    writing.commit_changes(path, put=changed(touched))
                self._folder.make_current(path)
                self._folder.delete_generations(keep=(before, path))
            return self.health().passages

    def _stamps(self) -> dict[str, tuple[str, int]]:
        """Return what changes for an interview whenever it is indexed; of a lost index nothing."""
        try:
            return self._current_snapshot().marker_places()
        except SearchIndexError:
            return {}

    def optimise(self) -> None:
        """Merge all segments into one; readers continue, writers wait."""
        with self._folder.lock(timeout_s=self._lock_timeout_s):
            writing.optimise(self._writable())

    def sweep(self) -> None:
        """Delete every generation but the current one, with the words that were removed since."""
        timeout_s = self._lock_timeout_s
        with self._folder.rebuild_lock(timeout_s=0), self._folder.lock(timeout_s=timeout_s):
            self._folder.delete_generations(keep=(self._folder.current(),))

    def _writable(self) -> Path:
        path = self._folder.current()
        if path is None:
            path = self._folder.make_next()
            writing.create_index(path)
            self._folder.make_current(path)
        _require_current(path)
        return path

    # Reading

    def find(self, request: SearchRequest) -> SearchResults:
        """Search the newest committed state."""
        return self._with_snapshot(lambda snapshot: self._find(snapshot, request))

    def _find(self, snapshot: Snapshot, request: SearchRequest) -> SearchResults:
        view = snapshot.view(request)
        allowed = _allowed(snapshot, view, request)
        return build_results(snapshot, request, self._score(snapshot, request.query, view, allowed))

    def _score(
        self, snapshot: Snapshot, query: Query, view: AccessView, allowed: Bools
    ) -> ScoredPassages:
        return evaluate(snapshot, query, view, allowed)

    def suggest(self, request: SearchRequest) -> tuple[str, ...]:
        """Return corrections for words that no passage contains which the request allows."""
        return self._with_snapshot(lambda snapshot: self._suggest(snapshot, request))

    def _suggest(self, snapshot: Snapshot, request: SearchRequest) -> tuple[str, ...]:
        allowed = _allowed(snapshot, snapshot.view(request), request)

        def spellings(folded: str) -> dict[str, int]:
            counts = {
                term: int(np.count_nonzero(allowed[snapshot.postings(WORDS, term).documents]))
                for term in snapshot.vocabulary.get(folded, ())
            }
            return {term: count for term, count in counts.items() if count}

        def is_found(query: Query) -> bool:
            return self._find(snapshot, replace(request, query=query, page=1)).total > 0

        return suggestions.suggest(request.query, spellings, is_found)

    def indexed_versions(self) -> dict[str, int]:
        """Return the indexed version of every interview."""
        return self._with_snapshot(lambda snapshot: snapshot.indexed_versions())

    def generation(self) -> str:
        """Return directory name and number of the commit."""
        return self._current_snapshot().generation

    def is_older_than(self, generation: str) -> bool:
        """Compare the directories, and the numbers of their commits.

        Of two directories the one that was noted last is the newer, unless the other was built
        to follow it: a rebuild is noted just after its switch.
        """
        folder, _, commit = self.generation().rpartition(":")
        noted_folder, _, noted = generation.rpartition(":")
        if folder == noted_folder:
            return noted.isdecimal() and int(commit) < int(noted)
        return not follows(folder, noted_folder)

    def health(self) -> IndexHealth:
        """Open the index and count; never raises SearchIndexError."""
        path = self._folder.current()
        if path is None:
            return IndexHealth(code="index_missing", detail="nothing has been indexed yet")
        try:
            snapshot = self._current_snapshot()
            interviews = len(self.indexed_versions())
        except SearchIndexError as fault:
            return IndexHealth(code=fault.code, detail=str(fault))
        return IndexHealth(
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

    # Refreshing the snapshot

    def _with_snapshot(self, read: Callable[[Snapshot], Result]) -> Result:
        """Read from the current snapshot; retry with a newer one if its files were deleted."""
        for attempt in range(_ATTEMPTS):
            try:
                return read(self._current_snapshot())
            except FileNotFoundError as gone:
                if attempt == _ATTEMPTS - 1:
                    raise IndexDamaged(str(gone)) from gone
        raise AssertionError("unreachable")

    def _current_snapshot(self) -> Snapshot:
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
        self._cache.drop_segments(known.keys() - {segment.name for segment in segments})
        self._snapshot = Snapshot(generation, segments, live)
        return self._snapshot

    def _open(self, leaf: Any) -> SegmentArrays:
        """Open a separate reader for the segment, which lives as long as its arrays."""
        reader = SegmentReader(self._index.storage, self._index.schema, leaf.segment())
        return SegmentArrays(reader, self._cache)


def _allowed(snapshot: Snapshot, view: AccessView, request: SearchRequest) -> Bools:
    allowed = view.visible
    for name, values in request.filters.items():
        allowed = allowed & snapshot.label_mask(name, frozenset(values))
    return allowed


def _live(leaf: Any) -> Bools:
    live = np.ones(leaf.doc_count_all(), np.bool_)
    deleted = list(leaf.segment().deleted_docs())
    live[np.array(deleted, np.int64)] = False
    return live


def _require_current(path: Path) -> None:
    if not path.name.startswith(FOLDER_PREFIX):
        raise IndexOutdated(expected=FOLDER_PREFIX.rstrip("-"), found=path.name)
