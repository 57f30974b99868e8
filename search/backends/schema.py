"""The index as Whoosh sees it: five fields, and posting values that numpy reads at once.

Whoosh pickles the schema into the index and finds these classes again by name: an
index is tied to this module, and is code; never take one from elsewhere.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from whoosh import columns, fields, formats
from whoosh.codec.whoosh3 import W3Codec

# Every indexed field is "scorable" although we score by LENGTH: without a column of
# lengths Whoosh looks for its file on disk once per posting, a third of the build.
SCHEMA_VERSION = 1
WORDS, ACCESS, LABELS, INTERVIEW = "words", "access", "labels", "interview"
PID, LENGTH, MARKER = "pid", "length", "marker"
FIELD_SIGN = "="
"""Parts the name of a field from its value in LABELS: ``year=1975``."""

POSITION_TYPE = "<u4"
_BLOCK_POSTINGS = 2048
"""Postings per block; Whoosh's 128 means sixteen times as many to unpickle."""


class WordPositions(formats.Format):  # type: ignore[misc]
    """Positions as four little-endian bytes each, instead of a pickle per posting."""

    def word_values(
        self, value: Mapping[str, list[int]], analyzer: object, **_: object
    ) -> Iterator[tuple[str, int, float, bytes]]:
        """Whoosh's protocol: term, frequency, weight, encoded value."""
        for term, positions in value.items():
            yield term, len(positions), float(len(positions)), self.encode(positions)

    def encode(self, positions: Sequence[int]) -> bytes:
        """Pack positions in ascending order."""
        return array("I", positions).tobytes()

    def decode_positions(self, value: bytes) -> list[int]:
        """Whoosh's own queries read positions through this."""
        unpacked = array("I")
        unpacked.frombytes(value)
        return list(unpacked)

    def decode_frequency(self, value: bytes) -> int:
        """How often the term stands in the passage."""
        return len(value) // 4

    def decode_weight(self, value: bytes) -> float:
        """The same, as Whoosh's scorers want it."""
        return float(len(value) // 4)


class WordField(fields.FieldType):  # type: ignore[misc]
    """Takes terms with positions as analysed by us; Whoosh analyses nothing."""

    def __init__(self) -> None:
        super().__init__(format=WordPositions(), analyzer=None, scorable=True)

    def index(
        self, value: Mapping[str, list[int]], **_: object
    ) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Whoosh's protocol."""
        for term, count, weight, encoded in self.format.word_values(value, None):
            yield term.encode(), count, weight, encoded


class TermField(fields.FieldType):  # type: ignore[misc]
    """Takes a sequence of opaque strings, and stores that they are there."""

    def __init__(self, *, stored: bool = False) -> None:
        super().__init__(format=formats.Existence(), analyzer=None, scorable=True, stored=stored)

    def index(self, value: Sequence[str], **_: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Whoosh's protocol."""
        for term in dict.fromkeys(value):
            yield term.encode("utf-8", "replace"), 1, 1.0, b""


def make_schema() -> Any:
    """A passage has all fields; a marker, one per interview, only INTERVIEW and MARKER.

    MARKER is indexed under one term and stores [interview, version]. A marker has no
    access group, so that no search can see it.
    """
    return fields.Schema(
        **{
            WORDS: WordField(),
            ACCESS: TermField(),
            LABELS: TermField(),
            INTERVIEW: TermField(),
            MARKER: TermField(stored=True),
            PID: fields.COLUMN(columns.VarBytesColumn()),
            LENGTH: fields.COLUMN(columns.NumericColumn("I")),
        }
    )


def make_codec() -> Any:
    """Whoosh's default codec with larger blocks; readers need not know."""
    return W3Codec(blocklimit=_BLOCK_POSTINGS)
