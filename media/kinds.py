"""Identify the type of a file by its bytes, never by its name alone.

Unknown types are refused with a code, because we cannot promise to keep them readable.
A file with an accepted signature is accepted even when the rest of it is damaged: a
damaged tape is often the only copy.
"""

from __future__ import annotations

import dataclasses
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import BinaryIO

from media.signatures import FILE_KINDS, Group, Kind, explain_refusal, identify

__all__ = ["FILE_KINDS", "Group", "Kind", "RefusedKind", "accepted_suffixes", "sniff"]

HEAD_BYTES = 64 * 1024
_MOST_BOXES = 10_000
_MOST_MEMBERS = 10_000
_MOST_UNPACKED_BYTES = 1024 * 1024 * 1024
_MOST_RATIO = 200
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_MACRO_SIGNS = (b"macroEnabled", b"vbaProject")
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
)
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


class RefusedKind(Exception):
    """Raised when a file is not of an accepted type.

    Codes: empty_file, not_a_file, unknown_type, playlist, markup, executable, archive,
    old_office, macro_document, zip_bomb. `found` is the English name of the type.
    """

    def __init__(self, code: str, found: str, *, filename: str = "") -> None:
        super().__init__(f"{code}: {found}")
        self.code, self.found, self.filename = code, found, filename


def accepted_suffixes() -> tuple[str, ...]:
    """Return every suffix of an accepted kind, sorted, for the file chooser."""
    return tuple(sorted({suffix for kind in FILE_KINDS.values() for suffix in kind.suffixes}))


def sniff(path: Path, filename: str = "") -> Kind:
    """Return the kind of the file at `path`. Raises RefusedKind and OSError.

    `filename` is the name given by the uploader; a suffix that does not fit gives the warning
    "name_mismatch" and changes nothing else.
    """
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise RefusedKind("not_a_file", "not a plain file", filename=filename)
    if status.st_size == 0:
        raise RefusedKind("empty_file", "empty", filename=filename)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        try:
            name = _identify_by_content(file, head, status.st_size) or identify(head)
        except RefusedKind as refused:
            refused.filename = filename
            raise
    if not name:
        raise RefusedKind(*explain_refusal(head), filename=filename)
    kind = FILE_KINDS[name]
    if filename and PurePath(filename).suffix.lower() not in kind.suffixes:
        return dataclasses.replace(kind, warnings=("name_mismatch",))
    return kind


def _identify_by_content(file: BinaryIO, head: bytes, size: int) -> str:
    """Identify the kinds whose type lies beyond the first bytes; "" for all others."""
    if head[4:8] in _FIRST_BOXES:
        # A box has its length before these letters; plain text has letters there.
        length = struct.unpack(">I", head[:4])[0]
        return _iso_media(file, head, size) if length <= size or head[0] < 0x20 else ""
    if head.startswith(_ASF):
        return "WMV" if _ASF_VIDEO in head else "WMA"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(file)
    return ""


def _iso_media(file: BinaryIO, head: bytes, size: int) -> str:
    brands = set()
    if head[4:8] == b"ftyp":
        length = min(struct.unpack(">I", head[:4])[0], 256)
        brands = {head[8:12]} | {head[at : at + 4] for at in range(16, length - 3, 4)}
        if head[8:12] in _HEIF_BRANDS:
            return "HEIC"
        if head[8:12] in (b"avif", b"avis"):
            raise RefusedKind("unknown_type", "AVIF picture")
    handlers = set(_handlers(file, size))
    sound_only = b"soun" in handlers and b"vide" not in handlers
    major = head[8:12] if brands else b"qt  "
    if major.startswith(b"3g"):
        return "3GP sound" if sound_only else "3GP"
    if major == b"qt  ":
        # Without a brand and without tracks, four letters at byte 4 are no signature.
        if not brands and not handlers and head[4:8] not in (b"moov", b"mdat", b"wide"):
            return ""
        return "QuickTime sound" if sound_only else "MOV"
    if major.startswith((b"M4A", b"M4B")):
        return "M4A"
    return "M4A" if sound_only else "MP4"


def _handlers(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the handler type of every track (ISO/IEC 14496-12 §8.4.3)."""
    for name, start, end in _boxes(file, 0, size):
        if name != b"moov":
            continue
        for track, track_start, track_end in _boxes(file, start, end):
            if track != b"trak":
                continue
            for part, part_start, part_end in _boxes(file, track_start, track_end):
                if part == b"mdia":
                    for leaf, leaf_start, _ in _boxes(file, part_start, part_end):
                        if leaf == b"hdlr":
                            file.seek(leaf_start + 8)
                            yield file.read(4)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(_MOST_BOXES):
        file.seek(start)
        header = file.read(16)
        if start + 8 > end or len(header) < 8:
            return
        length, body = struct.unpack(">I", header[:4])[0], start + 8
        if length == 1 and len(header) == 16:
            length, body = struct.unpack(">Q", header[8:])[0], start + 16
        stop = end if length == 0 else start + length
        if stop < body:
            return
        yield header[4:8], body, min(stop, end)
        start = stop


def _zip(file: BinaryIO) -> str:
    """Identify DOCX by the parts that ECMA-376 requires; only the small type list is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            packed = sum(member.compress_size for member in members)
            if len(members) > _MOST_MEMBERS or unpacked > _MOST_UNPACKED_BYTES:
                raise RefusedKind("zip_bomb", "archive that unpacks to too much")
            if unpacked > 10_000_000 and unpacked > packed * _MOST_RATIO:
                raise RefusedKind("zip_bomb", "archive that unpacks to too much")
            names = {member.filename for member in members}
            if "[Content_Types].xml" not in names:
                raise RefusedKind("archive", "ZIP archive")
            with archive.open("[Content_Types].xml") as types:
                listed = types.read(HEAD_BYTES * 4)
    except _ZIP_ERRORS as error:
        raise RefusedKind("archive", "damaged ZIP archive") from error
    if any("vbaproject" in name.lower() for name in names) or any(
        sign in listed for sign in _MACRO_SIGNS
    ):
        raise RefusedKind("macro_document", "Office document with macros")
    if "word/document.xml" in names:
        return "DOCX"
    raise RefusedKind("unknown_type", "Office document that is not DOCX")
