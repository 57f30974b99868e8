"""Immutable snapshot of one committed state of the index, over all its segments.

A new commit makes a new snapshot that shares the arrays of unchanged segments.
"""

import threading
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from search.backends.postings import NO_POSTINGS, Bools, Postings, SegmentArrays
from search.backends.schema import ACCESS, FIELD_SIGN, INTERVIEW, LABELS, RECORDING
from search.backends.terms import group_by_folded
from search.results import SearchRequest

_MASKS_KEPT = 64
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class AccessView:
    """The passages visible to one set of access groups, and their statistics."""

    visible: Bools
    passages: int
    average_length: float


@dataclass(frozen=True, slots=True)
class Labels:
    """A field as pairs of passage and value code, one pair for each value of a passage."""

    values: tuple[str, ...]
    documents: NDArray[np.int64]
    codes: NDArray[np.int64]


class Snapshot:
    """All segments in order; passage numbers continue across them."""

    def __init__(
        self, generation: str, segments: Sequence[SegmentArrays], live: Sequence[Bools]
    ) -> None:
        self.generation = generation
        self.segments = tuple(segments)
        self._starts = np.cumsum([0, *(segment.count for segment in segments)]).tolist()
        self.count: int = self._starts[-1]
        self._live = np.concatenate([np.empty(0, np.bool_), *live])
        self.live_count = int(np.count_nonzero(self._live))
        self.lengths = np.concatenate([np.empty(0), *(s.lengths for s in segments)])
        self._lock = threading.Lock()
        self._labels: dict[str, Labels] = {}
        self._views: dict[tuple[frozenset[str], ...], AccessView] = {}
        self._label_masks: dict[tuple[str, frozenset[str]], Bools] = {}

    def postings(self, field: str, term: str) -> Postings:
        """Return the posting list of a term over all segments."""
        found = [
            (start, postings)
            for start, segment in zip(self._starts, self.segments, strict=False)
            if len((postings := segment.postings(field, term)).documents)
        ]
        if not found:
            return NO_POSTINGS
        if len(found) == 1 and found[0][0] == 0:
            return found[0][1]
        return Postings(
            np.concatenate([(p.documents + start).astype(np.int32) for start, p in found]),
            np.concatenate([p.counts for _, p in found]),
            np.concatenate([p.positions for _, p in found]),
        )

    def view(self, request: SearchRequest) -> AccessView:
        """Return the passages visible to the reader of a request, whatever its query; cached."""
        key = (request.access, request.opened, request.closed, request.closed_recordings)
        found = self._views.get(key)
        if found is None:
            found = self._make_view(request)
            _cache_mask(self._views, key, found)
        return found

    def _make_view(self, request: SearchRequest) -> AccessView:
        visible = np.zeros(self.count, np.bool_)
        for group in sorted(request.access):
            visible[self.postings(ACCESS, group).documents] = True
        visible |= self._make_label_mask(INTERVIEW, request.opened)
        visible &= ~self._make_label_mask(INTERVIEW, request.closed)
        visible &= ~self._make_label_mask(RECORDING, request.closed_recordings)
        visible &= self._live & (self.lengths > 0)  # a marker of an interview has no length
        passages = int(np.count_nonzero(visible))
        total = float(self.lengths[visible].sum())
        return AccessView(visible, passages, total / passages if passages else 1.0)

    def label_mask(self, name: str, values: frozenset[str]) -> Bools:
        """Return a mask of passages with one of these values, hidden ones included."""
        found = self._label_masks.get((name, values))
        if found is None:
            found = self._make_label_mask(name, values)
            _cache_mask(self._label_masks, (name, values), found)
        return found

    def _make_label_mask(self, name: str, values: frozenset[str]) -> Bools:
        mask = np.zeros(self.count, np.bool_)
        for value in sorted(values):
            is_interview = name == INTERVIEW
            field, term = (
                (INTERVIEW, value) if is_interview else (LABELS, name + FIELD_SIGN + value)
            )
            mask[self.postings(field, term).documents] = True
        return mask

    def labels(self, name: str) -> Labels:
        """Return all values of a field, for facets; hidden passages are included."""
        with self._lock:
            if name not in self._labels:
                self._labels[name] = self._read_labels(name)
            return self._labels[name]

    def _read_labels(self, name: str) -> Labels:
        codes: dict[str, int] = {}
        documents = [np.empty(0, np.int64)]
        numbers = [np.empty(0, np.int64)]
        for start, segment in zip(self._starts, self.segments, strict=False):
            for value, term in segment.field_labels(name):
                held = segment.postings(LABELS, term).documents.astype(np.int64) + start
                documents.append(held)
                numbers.append(np.full(len(held), codes.setdefault(value, len(codes))))
        return Labels(tuple(codes), np.concatenate(documents), np.concatenate(numbers))

    @cached_property
    def interviews(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """Return interview ids, and for each passage the index of its interview in them."""
        codes: dict[str, int] = {}
        parts = [np.empty(0, np.int64)]
        for segment in self.segments:
            own = [codes.setdefault(name, len(codes)) for name in segment.interviews]
            parts.append(np.array(own, np.int64)[segment.interview_codes])
        return tuple(codes), np.concatenate(parts)

    @cached_property
    def pids(self) -> NDArray[np.bytes_]:
        """Return passage ids as UTF-8, which sorts like the text."""
        return np.concatenate([np.empty(0, "S1"), *(segment.pids for segment in self.segments)])

    @cached_property
    def vocabulary(self) -> Mapping[str, tuple[str, ...]]:
        """Return spellings by folded word, hidden passages included: do not show them unchecked."""
        return group_by_folded(word for segment in self.segments for word in segment.words)

    @cached_property
    def _sorted_words(self) -> list[str]:
        return sorted(self.vocabulary)

    def words_with_prefix(self, prefix: str) -> list[str]:
        """Return the folded words of the vocabulary with this prefix, in order."""
        words = self._sorted_words
        start = bisect_left(words, prefix)
        end = bisect_left(words, prefix + "\U0010ffff")
        return words[start:end]

    def marker_places(self) -> dict[str, tuple[str, int]]:
        """Return segment and document of the live marker of every interview."""
        return {
            interview: (segment.name, number)
            for start, segment in zip(self._starts, self.segments, strict=False)
            for number, interview, _version in segment.markers()
            if self._live[start + number]
        }

    def indexed_versions(self) -> dict[str, int]:
        """Return the version of every interview, from the live markers."""
        return {
            interview: version
            for start, segment in zip(self._starts, self.segments, strict=False)
            for number, interview, version in segment.markers()
            if self._live[start + number]
        }


def _cache_mask(cache: dict[Key, Value], key: Key, value: Value) -> None:
    """Cache a mask; a full cache is emptied, because masks are cheap to compute."""
    if len(cache) >= _MASKS_KEPT:
        cache.clear()
    cache[key] = value


EMPTY = Snapshot("", (), ())
