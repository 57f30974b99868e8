"""Everything that writes an index through Whoosh: documents in, old ones out, segments merged."""

from collections.abc import Iterable
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
from search.backends.terms import analyse
from search.passages import PassageDocument

_MEMORY_MB = 128
_MERGED_AT_ONCE = 1000
"""Passages that are rewritten after a commit at most: two seconds in which others wait."""
_RUN = 4
"""Small segments are left alone until there are so many to merge in one go."""
_MOST_SEGMENTS = 24
"""Beyond this a commit merges whatever it takes, should nobody ever call ``tidy``."""
_MERGE_FACTOR = 3

MARKER_TERM = "1"


def create(path: Path, interviews: Iterable[IndexedInterview] = ()) -> int:
    """Make an index in an empty directory; returns the passages written."""
    return _write(whoosh_index.create_in(str(path), make_schema()), (), interviews)


def change(path: Path, *, drop: Iterable[str] = (), put: Iterable[IndexedInterview] = ()) -> int:
    """One commit that removes interviews and puts others anew; all or nothing.

    Merging comes after it, in a commit of its own: what was put is found meanwhile.
    """
    index = whoosh_index.open_dir(str(path))
    passages = _write(index, drop, put)
    if _due(index):
        _writer(index).commit(mergetype=merge_small)
    return passages


def _write(index: Any, drop: Iterable[str], put: Iterable[IndexedInterview]) -> int:
    writer = _writer(index)
    passages = 0
    try:
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
    except BaseException:
        if not writer.is_closed:
            writer.cancel()
        raise
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
    terms = analyse(document)
    return {
        WORDS: terms.positions,
        ACCESS: sorted(document.access) if terms.length else [],
        LABELS: [
            name + FIELD_SIGN + value
            for name in sorted(document.fields)
            for value in document.values(name)
        ],
        INTERVIEW: [document.interview],
        PID: document.pid.encode(),
        LENGTH: terms.length,
    }


def tidy(path: Path) -> None:
    """Merge everything into one segment without deleted passages."""
    index = whoosh_index.open_dir(str(path))
    reader = index.reader()
    is_tidy = len(reader.leaf_readers()) <= 1 and not reader.has_deletions()
    reader.close()
    if not is_tidy:
        _writer(index).commit(mergetype=merge_all)


def _writer(index: Any) -> Any:
    return index.writer(limitmb=_MEMORY_MB, codec=make_codec())


def _due(index: Any) -> bool:
    reader = index.reader()
    segments = [leaf.segment() for leaf, _ in reader.leaf_readers()]
    reader.close()
    return len(segments) > 1 and bool(_mergeable(segments))


def keep_all(_: Any, segments: list[Any]) -> list[Any]:
    """Whoosh's hook at commit: merge nothing, let go of what is wholly deleted."""
    return [segment for segment in segments if segment.doc_count()]


def merge_small(writer: Any, segments: list[Any]) -> list[Any]:
    """Whoosh's hook at commit: merge a run of small segments; returns those kept."""
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
        if total > _MERGED_AT_ONCE:
            break
        merged.append(segment)
    return merged if len(merged) >= _RUN else []


def merge_all(writer: Any, segments: list[Any]) -> list[Any]:
    """Whoosh's hook at commit: leave one segment."""
    _merge(writer, segments)
    return []


def _geometric(by_size: list[Any]) -> list[Any]:
    """The smallest segments, as long as the next is not much larger than all before it."""
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
