"""Read a transcript of any kind: by the suffix of its name, and by its first bytes without one."""

from __future__ import annotations

from transcription.formats.base import Format, Reading
from transcription.formats.registry import FORMATS, format_for

SNIFFED_BYTES = 4096


def read(content: bytes, filename: str) -> Reading:
    """What the file says; never raises, whatever it holds."""
    form = format_for(filename) or _by_content(content[:SNIFFED_BYTES])
    assert form.read is not None
    return form.read(content)


def _by_content(head: bytes) -> Format:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"WEBVTT"):
        return FORMATS["vtt"]
    if text.startswith(b"{"):
        return FORMATS["json"]
    return FORMATS["srt"] if b"-->" in text else FORMATS["txt"]
