"""Read a transcript file of any format, chosen by its suffix or its first bytes."""

from __future__ import annotations

from transcription.formats.base import Format, ParsedTranscript
from transcription.formats.registry import FORMATS, format_for

SNIFFED_BYTES = 4096


def read_transcript(content: bytes, filename: str) -> ParsedTranscript:
    """Parse a transcript file; never raises."""
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
