"""Edits as data: done to a whole document by `apply`, taken back exactly by `inverse`.

An editor's history is a list of these. Each names segments by id, so that an edit still
means the same after others were done elsewhere in the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transcription import edits
from transcription.document import Segment
from transcription.edits import EditRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """`edits.split` of the segment `id`."""

    id: str
    char: int
    new_id: str
    at_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """`edits.merge` of two neighbours."""

    first_id: str
    second_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceText:
    """`edits.replace_text` of the segment `id`."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSpeaker:
    """`edits.set_speaker` of the segment `id`."""

    id: str
    speaker: str | None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTimes:
    """`edits.set_times` of the segment `id`."""

    id: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """Put `segments` in the place of the neighbours `ids`: how every edit is taken back."""

    ids: tuple[str, ...]
    segments: tuple[Segment, ...]


Edit = Split | Merge | ReplaceText | SetSpeaker | SetTimes | Restore
Document = tuple[Segment, ...]


def apply(document: Sequence[Segment], edit: Edit) -> Document:
    """The document after the edit; raises `EditRefused` when it cannot be done."""
    at, removed, put = _change(document, edit)
    kept = (*document[:at], *document[at + removed :])
    taken = {segment.id for segment in kept}
    ids = [segment.id for segment in put]
    for number, new_id in enumerate(ids):
        if new_id in taken or new_id in ids[:number]:
            raise EditRefused("id_taken", segment_id=new_id)
    return (*kept[:at], *put, *kept[at:])


def inverse(document: Sequence[Segment], edit: Edit) -> Restore:
    """What takes the edit back, asked of the document before it is done."""
    at, removed, put = _change(document, edit)
    return Restore(
        ids=tuple(segment.id for segment in put), segments=tuple(document[at : at + removed])
    )


def _change(document: Sequence[Segment], edit: Edit) -> tuple[int, int, Document]:
    """Where the edit happens, how many segments it takes out, and what it puts there."""
    match edit:
        case Split(id=name):
            at = _find(document, name)
            halves = edits.split(document[at], char=edit.char, new_id=edit.new_id, at_ms=edit.at_ms)
            return at, 1, halves
        case Merge():
            at = _find_neighbours(document, (edit.first_id, edit.second_id))
            return at, 2, (edits.merge(document[at], document[at + 1]),)
        case ReplaceText(id=name):
            at = _find(document, name)
            return at, 1, (edits.replace_text(document[at], edit.text),)
        case SetSpeaker(id=name):
            at = _find(document, name)
            return at, 1, (edits.set_speaker(document[at], edit.speaker, role=edit.role),)
        case SetTimes(id=name):
            at = _find(document, name)
            moved = edits.set_times(document[at], start_ms=edit.start_ms, end_ms=edit.end_ms)
            return at, 1, (moved,)
        case Restore():
            return _find_neighbours(document, edit.ids), len(edit.ids), edit.segments


def _find(document: Sequence[Segment], name: str) -> int:
    for at, segment in enumerate(document):
        if segment.id == name:
            return at
    raise EditRefused("no_such_segment", segment_id=name)


def _find_neighbours(document: Sequence[Segment], ids: Sequence[str]) -> int:
    at = _find(document, ids[0] if ids else "")
    for name, segment in zip(ids[1:], [*document[at + 1 : at + len(ids)], None], strict=False):
        if segment is None or segment.id != name:
            _find(document, name)
            raise EditRefused("not_neighbours", segment_id=name)
    return at
