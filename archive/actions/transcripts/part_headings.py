"""Headings of the recordings of an interview: each has a clock of its own, from zero."""

from __future__ import annotations

from archive import access
from archive.access import Rights
from archive.models import Interview
from transcription.timecode import format_clock

_WORDS = {
    "vi": ("Phần {part}", "thời lượng {length}"),
    "en": ("Part {part}", "length {length}"),
}


def part_headings(rights: Rights, interview: Interview, language: str) -> dict[int, str]:
    """Return the name and length of each recording by its part: "Part 2 – length 00:42:10".

    Of recordings of which the reader may know. Empty for an interview with one recording.
    """
    recordings = access.known_recordings(rights, interview)
    if all(recording.part == 1 for recording in recordings):
        return {}
    name, length = _WORDS[language]
    found = {}
    for recording in recordings:
        words = [name.format(part=recording.part)]
        if recording.duration_ms:
            words.append(length.format(length=format_clock(recording.duration_ms)))
        found[recording.part] = " – ".join(words)
    return found
