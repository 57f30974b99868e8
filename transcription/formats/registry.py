"""Registry of transcript formats. To add one: a module with a `FORMAT`, and a line here."""

from __future__ import annotations

from transcription.formats import document_json, plain, srt, webvtt, word_document
from transcription.formats.base import Format

FORMATS: dict[str, Format] = {
    module.FORMAT.name: module.FORMAT
    for module in (webvtt, srt, plain, document_json, word_document)
}


def format_for(filename: str) -> Format | None:
    """Return the readable format with this file's suffix, or None."""
    suffix = "." + filename.rpartition(".")[2].lower()
    for found in FORMATS.values():
        if suffix in found.suffixes and found.read is not None:
            return found
    return None
