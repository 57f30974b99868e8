"""The Whoosh schema: fields, and posting values in a format that numpy can read.

Whoosh pickles the schema into the index, so the names of this module and its classes must
not change, and an index from an untrusted source must never be opened.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from whoosh import columns, fields, formats
from whoosh.codec.whoosh3 import W3Codec

# Every indexed field is "scorable" although we score by LENGTH: without a column of
# lengths Whoosh looks for its file on disk once per posting, a third of the build.
SCHEMA_VERSION = 2
WORDS, ACCESS, LABELS, INTERVIEW = "words", "access", "labels", "interview"
PID, LENGTH, MARKER = "pid", "length", "marker"
RECORDING = "recording"  # the field by which passages of closed recordings are left out
FIELD_SIGN = "="
"""Separates the name of a field from its value in LABELS: ``year=1975``."""

POSITION_TYPE = "<u4"
_BLOCK_POSTINGS = 2048
"""Postings per block; with Whoosh's default of 128, sixteen times as many are unpickled."""


class WordPositions(formats.Format):  # type: ignore[misc]
    """Positions as four little-endian bytes each, instead of a pickle per posting."""

    def word_values(
        self, value: Mapping[str, list[int]], analyzer: object, **_: object
    ) -> Iterator[tuple[str, int, float, bytes]]:
        """Yield term, frequency, weight and encoded value (called by Whoosh)."""
        for term, positions in value.items():
            yield term, len(positions), float(len(positions)), self.encode(positions)

    def encode(self, positions: Sequence[int]) -> bytes:
        """Pack positions in ascending order."""
        return array("I", positions).tobytes()

    def decode_positions(self, value: bytes) -> list[int]:
        """Unpack positions (called by Whoosh's own queries)."""
        unpacked = array("I")
        unpacked.frombytes(value)
        return list(unpacked)

    def decode_frequency(self, value: bytes) -> int:
        """Return the number of occurrences in the passage (called by Whoosh)."""
        return len(value) // 4

    def decode_weight(self, value: bytes) -> float:
        """Return the number of occurrences as a float (called by Whoosh's scorers)."""
        return float(len(value) // 4)


class WordField(fields.FieldType):  # type: ignore[misc]
    """Field of analysed terms with positions; Whoosh's own analysis is not used."""

    def __init__(self) -> None:
        super().__init__(format=WordPositions(), analyzer=None, scorable=True)

    def index(
        self, value: Mapping[str, list[int]], **_: object
    ) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield term, frequency, weight and value (called by Whoosh)."""
        for term, count, weight, encoded in self.format.word_values(value, None):
            yield term.encode(), count, weight, encoded


class TermField(fields.FieldType):  # type: ignore[misc]
    """Field of opaque strings, indexed without positions."""

    def __init__(self, *, stored: bool = False) -> None:
        super().__init__(format=formats.Existence(), analyzer=None, scorable=True, stored=stored)

    def index(self, value: Sequence[str], **_: object) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield term, frequency, weight and value (called by Whoosh)."""
        for term in dict.fromkeys(value):
            yield term.encode("utf-8", "replace"), 1, 1.0, b""


def make_schema() -> Any:
    """Build the schema of passages and markers (one per interview).

    A passage has all fields but MARKER; a marker has INTERVIEW, MARKER and PID. MARKER is
    indexed under one term and stores [interview, version]. A marker has no access group,
    so that no search can find it.
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
    """Return Whoosh's default codec with larger blocks, readable by any reader."""
    return W3Codec(blocklimit=_BLOCK_POSTINGS)
