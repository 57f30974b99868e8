"""Split an interview into passages, the unit of search: up to 30 s of one speaker.

A passage maps each character to its segment, so that a hit opens at its time. It ends
with the first syllables of the next passage (the overlap), so that a phrase across the
boundary is found; they count for phrases only, not as hits of their own.
"""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from search.analysis import find_syllables

LONGEST_PASSAGE_MS = 30_000
MOST_SYLLABLES = 90
OVERLAP_SYLLABLES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSegment:
    """One segment of a transcript; times are milliseconds from the start of its recording.

    ``access`` is an opaque set of access groups. Segments with different values are
    never in the same passage, nor in its overlap.
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
class SegmentSlice:
    """Maps characters ``start`` to ``end`` of a passage to a segment, from ``segment_start``.

    ``start_ms`` and ``end_ms`` are exact for whole segments and estimated by syllables
    where a long segment was split.
    """

    segment_id: str
    start: int
    end: int
    segment_start: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Text of one speaker; characters from ``overlap_from`` on belong to the next passage."""

    index: int
    text: str
    overlap_from: int
    slices: tuple[SegmentSlice, ...]
    start_ms: int
    end_ms: int
    speaker: str | None
    role: str | None
    recording: int
    access: frozenset[str]

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """Return the ids of the segments without the overlap, in order."""
        own = (
            one_slice.segment_id for one_slice in self.slices if one_slice.start < self.overlap_from
        )
        return tuple(dict.fromkeys(own))

    def locate(self, char: int) -> tuple[str, int]:
        """Return segment id and character offset; a joining space counts to the slice before."""
        one_slice = self._slice_at(char)
        inside = min(max(char, one_slice.start), one_slice.end) - one_slice.start
        return one_slice.segment_id, one_slice.segment_start + inside

    def at_ms(self, char: int) -> int:
        """Return the estimated time of a character, for segments without word times."""
        one_slice = self._slice_at(char)
        share = (min(max(char, one_slice.start), one_slice.end) - one_slice.start) / max(
            1, one_slice.end - one_slice.start
        )
        return round(one_slice.start_ms + share * (one_slice.end_ms - one_slice.start_ms))

    def _slice_at(self, char: int) -> SegmentSlice:
        return next((p for p in reversed(self.slices) if p.start <= char), self.slices[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageDocument:
    """A passage to index; its text is analysed and not stored.

    ``pid`` is unique in the index. ``access`` are the groups that may find it; without
    any, no reader can. ``fields`` are for filters and facets, with one value or several
    (such as years); "language" also selects the analysis.
    """

    pid: str
    interview: str
    version: int
    text: str
    access: frozenset[str]
    fields: Mapping[str, str | Collection[str]] = field(default_factory=dict)
    overlap_from: int | None = None

    def field_values(self, name: str) -> tuple[str, ...]:
        """Return the distinct values of one field, sorted."""
        found = self.fields.get(name, ())
        return (found,) if isinstance(found, str) else tuple(sorted(set(found)))


@dataclass(frozen=True, slots=True)
class _SegmentPart:
    """Characters ``start`` to ``end`` of a segment: all of it, or a part of a long one."""

    source: SourceSegment
    start: int
    end: int
    start_ms: int
    end_ms: int
    count: int

    @property
    def speaker_key(self) -> tuple[object, ...]:
        source = self.source
        return (source.recording, source.speaker, source.role, source.access)


def build_passages(
    segments: Sequence[SourceSegment],
    *,
    longest_ms: int = LONGEST_PASSAGE_MS,
    most_syllables: int = MOST_SYLLABLES,
    overlap: int = OVERLAP_SYLLABLES,
) -> list[Passage]:
    """Return the passages in order of ``position``; segments without words are skipped.

    A change of speaker, role, recording or access begins a new passage, and the overlap
    does not cross it: a phrase has one speaker.
    """
    groups: list[list[_SegmentPart]] = []
    for source in sorted(segments, key=lambda s: s.position):
        for part in _parts(source, longest_ms, most_syllables):
            if groups and _fits_passage(groups[-1], part, longest_ms, most_syllables):
                groups[-1].append(part)
            else:
                groups.append([part])
    return [
        _build_passage(index, group, groups[index + 1] if index + 1 < len(groups) else [], overlap)
        for index, group in enumerate(groups)
    ]


def _fits_passage(
    group: list[_SegmentPart], part: _SegmentPart, longest_ms: int, most: int
) -> bool:
    return (
        group[-1].speaker_key == part.speaker_key
        and part.end_ms - group[0].start_ms <= longest_ms
        and sum(p.count for p in group) + part.count <= most
    )


def _parts(source: SourceSegment, longest_ms: int, most: int) -> Iterator[_SegmentPart]:
    """Split a segment that is longer than a passage into parts of equally many syllables."""
    spans = find_syllables(source.text)
    if not spans:
        return
    length_ms = max(0, source.end_ms - source.start_ms)
    count = len(spans)
    most_in_time = longest_ms * count // length_ms if length_ms else count
    shares = -(-count // max(1, min(most, most_in_time)))
    cuts = [count * share // shares for share in range(shares + 1)]
    for first, after in itertools.pairwise(cuts):
        yield _SegmentPart(
            source,
            0 if first == 0 else spans[first].start,
            len(source.text) if after == count else spans[after].start,
            source.start_ms + length_ms * first // count,
            source.start_ms + length_ms * after // count,
            after - first,
        )


def _build_passage(
    index: int, group: list[_SegmentPart], following: list[_SegmentPart], overlap: int
) -> Passage:
    text, slices = _join("", group)
    own = len(text)
    if following and following[0].speaker_key == group[0].speaker_key:
        text, borrowed = _join(text, list(_first_syllables(following, overlap)))
        slices += borrowed
    source = group[0].source
    return Passage(
        index=index,
        text=text,
        overlap_from=own,
        slices=tuple(slices),
        start_ms=group[0].start_ms,
        end_ms=group[-1].end_ms,
        speaker=source.speaker,
        role=source.role,
        recording=source.recording,
        access=source.access,
    )


def _join(text: str, parts: Sequence[_SegmentPart]) -> tuple[str, list[SegmentSlice]]:
    slices = []
    for part in parts:
        if text and not text[-1].isspace():
            text += " "
        start = len(text)
        text += part.source.text[part.start : part.end]
        slices.append(
            SegmentSlice(
                segment_id=part.source.segment_id,
                start=start,
                end=len(text),
                segment_start=part.start,
                start_ms=part.start_ms,
                end_ms=part.end_ms,
            )
        )
    return text, slices


def _first_syllables(parts: Sequence[_SegmentPart], count: int) -> Iterator[_SegmentPart]:
    for part in parts:
        if count <= 0:
            return
        if part.count <= count:
            yield part
        else:
            last = find_syllables(part.source.text[part.start : part.end])[count - 1]
            length_ms = (part.end_ms - part.start_ms) * count // part.count
            yield _SegmentPart(
                part.source,
                part.start,
                part.start + last.end,
                part.start_ms,
                part.start_ms + length_ms,
                count,
            )
        count -= part.count
