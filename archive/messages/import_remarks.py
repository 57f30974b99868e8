"""Texts for the warnings of a transcript import, by code of the format readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from archive.messages.message import TextFactory

REMARK_LABELS: dict[str, TextFactory] = {
    "too_large": lambda: _("The file is larger than any transcript; nothing was read."),
    "empty_file": lambda: _("This file is empty."),
    "not_text": lambda: _("The content is not text, unlike the name of the file."),
    "no_cues": lambda: _("No segment with a time was found."),
    "no_text": lambda: _("No text was found."),
    "not_json": lambda: _("This is not JSON, or it breaks off."),
    "not_a_transcript": lambda: _("This JSON is not a transcript of this program."),
    "no_signature": lambda: _("The first line is not WEBVTT; it was read all the same."),
    "bad_bytes": lambda: _("Some bytes are not text; they became \ufffd."),
    "legacy_encoding": lambda: _(
        "The file is not Unicode; it was read as Windows Vietnamese (1258). "
        "Compare it with the original."
    ),
    "bad_time": lambda: _(
        "A time that cannot be read; the segment was placed after the one before."
    ),
    "odd_time": lambda: _("A time in an unusual form; it was understood."),
    "absurd_time": lambda: _(
        "A time later than any recording; the segment was placed after the one before."
    ),
    "end_before_start": lambda: _("The end comes before the beginning; they were made the same."),
    "clock_goes_back": lambda: _("This segment begins before the one above it."),
    "overlap": lambda: _("One speaker twice at the same time; the earlier segment was cut short."),
    "no_times": lambda: _("The text has no times; it cannot be heard segment by segment yet."),
    "times_guessed": lambda: _(
        "Some times were missing; they were estimated from the length of the text."
    ),
    "missing_index": lambda: _("A segment without its number."),
    "stray_text": lambda: _("Text outside any segment; it was added to the one above."),
    "empty_cue": lambda: _("A segment without words was skipped."),
    "shared_cue": lambda: _("Two speakers in one segment; its time was divided by length."),
    "repeated_id": lambda: _("A number used twice; the later one was changed."),
    "role_inferred": lambda: _("The roles of interviewer and witness were taken from this label."),
    "unknown_role": lambda: _("An unknown role was skipped."),
    "bad_segment": lambda: _("A segment without text or times was skipped."),
    "bad_value": lambda: _("A value of the wrong type was skipped."),
    "words_differ": lambda: _("The timed words do not match the text; their times were ignored."),
    "words_unordered": lambda: _("Word times outside the segment; they were moved inside."),
    "no_such_part": lambda: _(
        "The interview has no such part yet; its segments were added to the first one."
    ),
    "too_many_problems": lambda: _("There are more remarks than are listed here."),
}


@dataclass(frozen=True)
class Remark:
    """A warning about one line of a file (0: the whole file), with the quoted content."""

    line: int
    text: str
    quoted: str


def remarks(warnings: Sequence[Sequence[object]]) -> list[Remark]:
    """Return the remarks for import warnings: (line, code, quoted content)."""
    found = []
    for line, code, quoted in warnings:
        make = REMARK_LABELS.get(str(code))
        text = make() if make is not None else str(code)
        found.append(Remark(int(str(line)), text, str(quoted or "")))
    return found
