"""Posting lists of a Whoosh segment as numpy arrays, cached up to a limit.

A segment never changes once written, so an array is decoded once and shared by all
threads. A Whoosh reader has one file position, so decoding holds a lock. Deleted passages
stay in the arrays; callers mask them together with hidden ones.
"""

import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh.matching import FilterMatcher
from whoosh.reading import TermNotFound

from search.backends.base import IndexDamaged
from search.backends.schema import (
    FIELD_SIGN,
    INTERVIEW,
    LABELS,
    LENGTH,
    MARKER,
    PID,
    POSITION_TYPE,
    WORDS,
)

Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Postings(NamedTuple):
    """Passages with a term, ascending; its counts; and its positions, passage by passage."""

    documents: NDArray[np.int32]
    counts: NDArray[np.int32]
    positions: NDArray[np.int32]

    @property
    def size_bytes(self) -> int:
        """Return the memory of the three arrays and of the cache entry."""
        return sum(part.nbytes for part in self) + 200


NO_POSTINGS = Postings(*(np.empty(0, np.int32) for _ in range(3)))


class PostingCache:
    """LRU cache of posting lists, limited in bytes over all segments together."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.size_bytes = 0
        self._lists: OrderedDict[tuple[str, str, str], Postings] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str, str]) -> Postings | None:
        """Return the cached postings of (index segment, field, term), None if not cached."""
        with self._lock:
            found = self._lists.get(key)
            if found is not None:
                self._lists.move_to_end(key)
            return found

    def add(self, key: tuple[str, str, str], postings: Postings) -> None:
        """Add a list and evict the least recently used ones beyond the limit."""
        with self._lock:
            if key not in self._lists:
                self._lists[key] = postings
                self.size_bytes += postings.size_bytes
            while self.size_bytes > self.limit_bytes and self._lists:
                _, oldest = self._lists.popitem(last=False)
                self.size_bytes -= oldest.size_bytes

    def drop_segments(self, segments: set[str]) -> None:
        """Remove all lists of segments that are no longer in the index."""
        with self._lock:
            for key in [key for key in self._lists if key[0] in segments]:
                self.size_bytes -= self._lists.pop(key).size_bytes


class SegmentArrays:
    """Arrays of one segment: columns are loaded at once, posting lists when needed."""

    def __init__(self, reader: Any, cache: PostingCache) -> None:
        self.name: str = reader.segment().segment_id()
        self.count: int = reader.doc_count_all()
        self._reader = reader
        self._cache = cache
        self._lock = threading.Lock()
        self.lengths = np.fromiter(reader.column_reader(LENGTH), np.float64, self.count)
        self.pids = np.array(list(reader.column_reader(PID)), dtype=np.bytes_)
        self.words = tuple(self._lexicon(WORDS))
        self.interviews = tuple(self._lexicon(INTERVIEW))
        self.labels = tuple(self._lexicon(LABELS))
        self.interview_codes = np.zeros(self.count, np.int32)
        for code, interview in enumerate(self.interviews):
            self.interview_codes[self.decode(INTERVIEW, interview).documents] = code

    def _lexicon(self, field: str) -> Iterator[str]:
        if field in self._reader.indexed_field_names():
            for term in self._reader.lexicon(field):
                yield term.decode()

    def postings(self, field: str, term: str) -> Postings:
        """Return the list of a term, cached or decoded; NO_POSTINGS for an unknown term."""
        key = (self.name, field, term)
        found = self._cache.get(key)
        if found is None:
            found = self.decode(field, term)
            self._cache.add(key, found)
        return found

    def decode(self, field: str, term: str) -> Postings:
        """Decode a list from the file; raises IndexDamaged."""
        with self._lock:
            try:
                postings = self._decode(field, term)
            except TermNotFound:
                return NO_POSTINGS
            except FileNotFoundError:
                raise  # deleted after a newer commit: the caller opens that one
            except Exception as fault:  # Whoosh raises anything on damaged files
                raise IndexDamaged(f"{type(fault).__name__}: {fault}") from fault
        if len(postings.documents) and postings.documents[-1] >= self.count:
            raise IndexDamaged(f"{field} lists passages that do not exist")
        return postings

    def _decode(self, field: str, term: str) -> Postings:
        matcher = self._reader.postings(field, term.encode("utf-8", "replace"))
        if isinstance(matcher, FilterMatcher):
            matcher = matcher.child  # deleted passages are masked later, with hidden ones
            matcher.reset()
        has_positions = field == WORDS
        if _has_blocks(matcher):
            return _read_blocks(matcher, has_positions=has_positions)
        return decode_one_by_one(matcher, has_positions=has_positions)

    def field_labels(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield (value, term) of one field in this segment."""
        start = name + FIELD_SIGN
        return ((term[len(start) :], term) for term in self.labels if term.startswith(start))

    def markers(self) -> Iterator[tuple[int, str, int]]:
        """Yield document number, interview and version of every marker in this segment."""
        for number in self.postings(MARKER, "1").documents.tolist():
            with self._lock:
                try:
                    interview, version = self._reader.stored_fields(number)[MARKER]
                except Exception as fault:
                    raise IndexDamaged(f"{type(fault).__name__}: {fault}") from fault
            yield number, interview, version

    def close(self) -> None:
        """Close the files; arrays already returned stay valid."""
        with self._lock:
            self._reader.close()


def _has_blocks(matcher: Any) -> bool:
    """Return whether this is the matcher of Whoosh 2.7.4 that reads whole blocks."""
    return all(hasattr(matcher, name) for name in ("_read_data", "_data", "_next_block"))


def _read_blocks(matcher: Any, *, has_positions: bool) -> Postings:
    """Decode whole blocks, through four private names of the pinned version.

    A block is (differences of numbers, weights or one weight or None, values).
    """
    documents, counts, values = [], [], []
    while matcher.is_active():
        matcher._read_data()
        differences, weights, block_values = matcher._data
        numbers = np.cumsum(np.array(differences, np.int64))
        documents.append(numbers)
        if weights is None or isinstance(weights, float):
            counts.append(np.full(len(numbers), weights or 1.0))
        else:
            counts.append(np.array(weights, np.float64))
        if has_positions:
            values.extend(block_values)
        matcher._next_block()
    return _pack(np.concatenate(documents), np.concatenate(counts), b"".join(values))


def decode_one_by_one(matcher: Any, *, has_positions: bool) -> Postings:
    """Decode through Whoosh's public interface, one posting at a time."""
    documents, counts, values = array("q"), array("d"), []
    while matcher.is_active():
        documents.append(matcher.id())
        counts.append(matcher.weight())
        if has_positions:
            values.append(matcher.value())
        matcher.next()
    return _pack(np.array(documents, np.int64), np.array(counts), b"".join(values))


def _pack(documents: Integers, counts: NDArray[np.float64], values: bytes) -> Postings:
    return Postings(
        documents.astype(np.int32),
        counts.astype(np.int32),
        np.frombuffer(values, POSITION_TYPE).astype(np.int32),
    )
