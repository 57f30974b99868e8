"""Cut an interview into passages, the unit of search: 20–30 seconds of one voice.

A passage keeps where each of its characters came from, so that a hit opens at its
second. It ends with the first syllables of the next one, so that a phrase across
the cut is found; those syllables count for phrases only, never as hits of their own.
"""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from search.analysis import syllables

LONGEST_MS = 30_000
MOST_SYLLABLES = 90
OVERLAP_SYLLABLES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One segment of a transcript; times are milliseconds from the start of its recording.

    ``access`` is whatever decides who may read it, opaque here. Passages never mix
    two values of it, nor reach over into another one.
    """

    segment_id: str
    position: int
    start_ms: int
    end_ms: int
    text: str
    speaker: str | None = None
    role: str | None = None
    recording: int = 1
    access: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Characters ``start`` to ``end`` of a passage come from a segment, from ``segment_start`` on.

    ``start_ms`` and ``end_ms`` are exact for whole segments and estimated by
    syllables where a long segment was cut.
    """

    segment_id: str
    start: int
    end: int
    segment_start: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Text of one voice; characters from ``overlap_from`` on belong to the next passage."""

    index: int
    text: str
    overlap_from: int
    pieces: tuple[Piece, ...]
    start_ms: int
    end_ms: int
    speaker: str | None
    role: str | None
    recording: int
    access: frozenset[str]

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """Segments of the passage's own text, in order, without the overlap."""
        own = (piece.segment_id for piece in self.pieces if piece.start < self.overlap_from)
        return tuple(dict.fromkeys(own))

    def locate(self, char: int) -> tuple[str, int]:
        """The segment and the character in it; a joining space counts to the piece before."""
        piece = self._piece_at(char)
        inside = min(max(char, piece.start), piece.end) - piece.start
        return piece.segment_id, piece.segment_start + inside

    def at_ms(self, char: int) -> int:
        """An estimate of when this character is said, for segments without word times."""
        piece = self._piece_at(char)
        share = (min(max(char, piece.start), piece.end) - piece.start) / max(
            1, piece.end - piece.start
        )
        return round(piece.start_ms + share * (piece.end_ms - piece.start_ms))

    def _piece_at(self, char: int) -> Piece:
        return next((p for p in reversed(self.pieces) if p.start <= char), self.pieces[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageDocument:
    """What a backend indexes; the text is analysed and not stored.

    ``pid`` is unique in the whole index. ``access`` names who may find it: no group,
    no reader. ``fields`` are for filters and facets, one value or several (a passage
    may belong to many years); "language" also chooses the analysis.
    """

    pid: str
    interview: str
    version: int
    text: str
    access: frozenset[str]
    fields: Mapping[str, str | Collection[str]] = field(default_factory=dict)
    overlap_from: int | None = None

    def values(self, name: str) -> tuple[str, ...]:
        """The values of one field, sorted, each once."""
        found = self.fields.get(name, ())
        return (found,) if isinstance(found, str) else tuple(sorted(set(found)))


@dataclass(frozen=True, slots=True)
class _Part:
    """A segment, or what fits of a long one: characters ``start`` to ``end`` of it."""

    source: Spoken
    start: int
    end: int
    start_ms: int
    end_ms: int
    count: int

    @property
    def voice(self) -> tuple[object, ...]:
        source = self.source
        return (source.recording, source.speaker, source.role, source.access)


def build(
    spoken: Sequence[Spoken],
    *,
    longest_ms: int = LONGEST_MS,
    most_syllables: int = MOST_SYLLABLES,
    overlap: int = OVERLAP_SYLLABLES,
) -> list[Passage]:
    """Passages in order of ``position``; segments without a word are left out.

    A change of speaker, role, recording or access always begins a new passage, and
    the overlap does not cross it: a phrase is said by one voice.
    """
    groups: list[list[_Part]] = []
    for source in sorted(spoken, key=lambda s: s.position):
        for part in _parts(source, longest_ms, most_syllables):
            if groups and _fits(groups[-1], part, longest_ms, most_syllables):
                groups[-1].append(part)
            else:
                groups.append([part])
    return [
        _passage(index, group, groups[index + 1] if index + 1 < len(groups) else [], overlap)
        for index, group in enumerate(groups)
    ]


def _fits(group: list[_Part], part: _Part, longest_ms: int, most: int) -> bool:
    return (
        group[-1].voice == part.voice
        and part.end_ms - group[0].start_ms <= longest_ms
        and sum(p.count for p in group) + part.count <= most
    )


def _parts(source: Spoken, longest_ms: int, most: int) -> Iterator[_Part]:
    """Cut a segment longer than a passage into equal shares of its syllables."""
    spans = syllables(source.text)
    if not spans:
        return
    length_ms = max(0, source.end_ms - source.start_ms)
    count = len(spans)
    most_in_time = longest_ms * count // length_ms if length_ms else count
    shares = -(-count // max(1, min(most, most_in_time)))
    cuts = [count * share // shares for share in range(shares + 1)]
    for first, after in itertools.pairwise(cuts):
        yield _Part(
            source,
            0 if first == 0 else spans[first].start,
            len(source.text) if after == count else spans[after].start,
            source.start_ms + length_ms * first // count,
            source.start_ms + length_ms * after // count,
            after - first,
        )


def _passage(index: int, group: list[_Part], following: list[_Part], overlap: int) -> Passage:
    text, pieces = _join("", group)
    own = len(text)
    if following and following[0].voice == group[0].voice:
        text, borrowed = _join(text, list(_first_syllables(following, overlap)))
        pieces += borrowed
    source = group[0].source
    return Passage(
        index=index,
        text=text,
        overlap_from=own,
        pieces=tuple(pieces),
        start_ms=group[0].start_ms,
        end_ms=group[-1].end_ms,
        speaker=source.speaker,
        role=source.role,
        recording=source.recording,
        access=source.access,
    )


def _join(text: str, parts: Sequence[_Part]) -> tuple[str, list[Piece]]:
    pieces = []
    for part in parts:
        if text and not text[-1].isspace():
            text += " "
        start = len(text)
        text += part.source.text[part.start : part.end]
        pieces.append(
            Piece(
                segment_id=part.source.segment_id,
                start=start,
                end=len(text),
                segment_start=part.start,
                start_ms=part.start_ms,
                end_ms=part.end_ms,
            )
        )
    return text, pieces


def _first_syllables(parts: Sequence[_Part], count: int) -> Iterator[_Part]:
    for part in parts:
        if count <= 0:
            return
        if part.count <= count:
            yield part
        else:
            last = syllables(part.source.text[part.start : part.end])[count - 1]
            length_ms = (part.end_ms - part.start_ms) * count // part.count
            yield _Part(
                part.source,
                part.start,
                part.start + last.end,
                part.start_ms,
                part.start_ms + length_ms,
                count,
            )
        count -= part.count
