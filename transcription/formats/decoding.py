"""Decode a text file: Unicode by byte order mark or content, else Windows-1258.

The soft hyphen U+00AD is never removed here or later: in TCVN3 files it is the letter ư,
which a later conversion needs.
"""

from __future__ import annotations

import codecs
import re

from transcription.formats.base import MAX_BYTES, Problems, replace_unprintable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NEWLINES = re.compile(r"\r\n?|\u2028|\u2029")
_FEW = 3
_BINARY = (
    b"PK\x03\x04",
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\xd0\xcf\x11\xe0",
    b"ID3",
    b"OggS",
    b"RIFF",
    b"fLaC",
    b"\x1f\x8b",
    b"\x7fELF",
    b"MZ\x90",
)
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def decode(data: bytes, problems: Problems) -> str | None:
    """Return the text with line feeds, U+FFFD for invalid bytes.

    None for a file that is too large, empty or binary; the reason is added to `problems`.
    """
    if len(data) > MAX_BYTES:
        problems.add(0, "too_large", f"{len(data)} > {MAX_BYTES}")
        return None
    if _is_binary(data):
        problems.add(0, "not_text")
        return None
    text = _characters(data, problems)
    if not text.strip("\0\ufeff \t\r\n"):
        problems.add(0, "empty_file")
        return None
    return _NEWLINES.sub("\n", replace_unprintable(text))


def _is_binary(data: bytes) -> bool:
    """Return whether the file is sound, a picture, PDF, an archive or a Word file.

    Zero bytes are no sign of it, because UTF-16 and UTF-32 contain them too.
    """
    head = data[:4096]
    if head.startswith(_BINARY):
        return True
    if head.startswith(tuple(mark for mark, _encoding in _MARKS)) or _is_wide(head):
        return False
    return len(_CONTROLS.findall(head)) * 20 > len(head)


def _is_wide(sample: bytes) -> bool:
    """Return whether the text is UTF-16 or UTF-32, which have many zero bytes."""
    return sample.count(0) > len(sample) // 4


def _characters(data: bytes, problems: Problems) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding, problems)
    sample = data[:4096]
    if _is_wide(sample):
        lone = sample[0::2].count(0) > sample[1::2].count(0)
        return _decoded(data, "utf-16-be" if lone else "utf-16-le", problems)
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd") - data.count("\ufffd".encode())
    if broken <= 0:
        return text
    # Few bad bytes: a truncated UTF-8 file. Many bad bytes: another encoding.
    marked = sum(character > "\x7f" for character in text)
    if (broken <= _FEW and broken * 10 < marked) or broken * 50 < marked:
        problems.add(0, "bad_bytes", f"{broken}")
        return text
    problems.add(0, "legacy_encoding")
    return data.decode("cp1258", "replace")


def _decoded(data: bytes, encoding: str, problems: Problems) -> str:
    text = data.decode(encoding, "replace")
    broken = text.count("\ufffd") - data.count("\ufffd".encode(encoding))
    if broken > 0:
        problems.add(0, "bad_bytes", f"{broken}")
    return text
