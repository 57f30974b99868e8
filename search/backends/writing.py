"""Write an index through Whoosh: add, delete and merge."""

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from whoosh import index as whoosh_index
from whoosh.reading import SegmentReader

from search.backends.base import IndexedInterview
from search.backends.schema import (
    ACCESS,
    FIELD_SIGN,
    INTERVIEW,
    LABELS,
    LENGTH,
    MARKER,
    PID,
    WORDS,
    make_codec,
    make_schema,
)
from search.backends.terms import analyse_document
from search.passages import PassageDocument

_MEMORY_MB = 128
_MAX_MERGED = 1000
"""Passages merged after a commit at most: takes two seconds, while other writers wait."""
_MIN_MERGED = 4
"""Small segments are merged only when there are at least this many."""
_MOST_SEGMENTS = 24
"""With more segments a commit merges any number of passages, if ``optimise`` never runs."""
_MERGE_FACTOR = 3
_FILES_OF_WRITER = 16
"""More than a writer creates: one segment with its parts, the temporary files and the list."""
_BEGUN_FILES_BYTES = 128 * 1024
"""More than a writer writes before anything is added to it."""

MARKER_TERM = "1"


def create_index(path: Path, interviews: Iterable[IndexedInterview] = ()) -> int:
    """Create an index in an empty directory; return the number of passages written."""
    return _write(whoosh_index.create_in(str(path), make_schema()), (), interviews)


def commit_changes(
    path: Path, *, drop: Iterable[str] = (), put: Iterable[IndexedInterview] = ()
) -> int:
    """Remove and replace interviews in one commit; return the number of passages written.

    Segments are merged in a second commit, so that the changes are visible before it.
    """
    index = whoosh_index.open_dir(str(path))
    passages = _write(index, drop, put)
    if _needs_merge(index):
        _merge_segments(index, merge_small)
    return passages


def _write(index: Any, drop: Iterable[str], put: Iterable[IndexedInterview]) -> int:
    passages = 0
    with _open_writer(index) as writer:
        reader = writer.reader()
        try:
            for interview in drop:
                _delete(writer, reader, interview)
            written: set[str] = set()
            for one in put:
                if one.interview in written:
                    raise ValueError(f"{one.interview} twice in one commit")
                written.add(one.interview)
                _delete(writer, reader, one.interview)
                passages += _add(writer, one)
        finally:
            reader.close()
        writer.commit(mergetype=keep_all)
    return passages


def _delete(writer: Any, reader: Any, interview: str) -> None:
    term = interview.encode("utf-8", "replace")
    if (INTERVIEW, term) in reader:
        for number in reader.postings(INTERVIEW, term).all_ids():
            writer.delete_document(number)


def _add(writer: Any, one: IndexedInterview) -> int:
    for document in one.documents:
        writer.add_document(**_fields_of(document))
    marker = {
        INTERVIEW: [one.interview],
        MARKER: [MARKER_TERM],
        f"_stored_{MARKER}": [one.interview, one.version],
        PID: b"",
    }
    writer.add_document(**marker)
    return len(one.documents)


def _fields_of(document: PassageDocument) -> dict[str, object]:
    terms = analyse_document(document)
    return {
        WORDS: terms.positions,
        ACCESS: sorted(document.access) if terms.length else [],
        LABELS: [
            name + FIELD_SIGN + value
            for name in sorted(document.fields)
            for value in document.field_values(name)
        ],
        INTERVIEW: [document.interview],
        PID: document.pid.encode(),
        LENGTH: terms.length,
    }


def optimise(path: Path) -> None:
    """Merge all segments into one without deleted passages."""
    index = whoosh_index.open_dir(str(path))
    reader = index.reader()
    is_tidy = len(reader.leaf_readers()) <= 1 and not reader.has_deletions()
    reader.close()
    if not is_tidy:
        _merge_segments(index, merge_all)


def _merge_segments(index: Any, policy: Callable[[Any, list[Any]], list[Any]]) -> None:
    with _open_writer(index) as writer:
        writer.commit(mergetype=policy)


@contextlib.contextmanager
def _open_writer(index: Any) -> Iterator[Any]:
    """Open a writer, and cancel what it did not commit.

    A writer of Whoosh that cannot create or begin one of its files leaves the others behind,
    open, and the index locked. So space is looked for first, and the lock is taken here, where it
    is released in any case.
    """
    _require_space(index.storage.folder)
    lock = index.lock("WRITELOCK")
    if not lock.acquire():
        raise whoosh_index.LockError
    try:
        writer = index.writer(limitmb=_MEMORY_MB, codec=make_codec(), _lk=False)
        try:
            yield writer
        finally:
            if not writer.is_closed:
                writer.cancel()
    finally:
        lock.release()


def _require_space(folder: str) -> None:
    status = os.statvfs(folder)
    lacks_files = status.f_files > 0 and status.f_favail < _FILES_OF_WRITER
    if lacks_files or status.f_bavail * status.f_frsize < _BEGUN_FILES_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), folder)


def _needs_merge(index: Any) -> bool:
    reader = index.reader()
    segments = [leaf.segment() for leaf, _ in reader.leaf_readers()]
    reader.close()
    return len(segments) > 1 and bool(_mergeable(segments))


def keep_all(_: Any, segments: list[Any]) -> list[Any]:
    """Merge policy for Whoosh: merge nothing, drop segments with deleted passages only."""
    return [segment for segment in segments if segment.doc_count()]


def merge_small(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge policy for Whoosh: merge small segments; return the others."""
    merged = _mergeable(segments)
    _merge(writer, merged)
    return [segment for segment in segments if segment not in merged]


def _mergeable(segments: list[Any]) -> list[Any]:
    by_size = sorted(segments, key=lambda s: s.doc_count())
    if len(by_size) > _MOST_SEGMENTS:
        return _geometric(by_size)
    merged: list[Any] = []
    total = 0
    for segment in by_size:
        total += segment.doc_count()
        if total > _MAX_MERGED:
            break
        merged.append(segment)
    return merged if len(merged) >= _MIN_MERGED else []


def merge_all(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge policy for Whoosh: merge all segments into one."""
    _merge(writer, segments)
    return []


def _geometric(by_size: list[Any]) -> list[Any]:
    """Return the smallest segments, up to one that is much larger than all before it."""
    merged = by_size[:_MOST_SEGMENTS]
    gathered = sum(segment.doc_count() for segment in merged)
    for segment in by_size[_MOST_SEGMENTS:]:
        if segment.doc_count() > gathered * _MERGE_FACTOR:
            break
        merged.append(segment)
        gathered += segment.doc_count()
    return merged


def _merge(writer: Any, segments: list[Any]) -> None:
    for segment in segments:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
