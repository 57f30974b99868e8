"""What was odd about a transcript file, in words: for each code of the formats, and one of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from archive.actions.transcripts import NO_SUCH_PART

Say = Callable[[], str]

PROBLEMS: dict[str, Say] = {
    "too_large": lambda: _("The file is larger than any transcript; nothing was read."),
    "empty_file": lambda: _("There is nothing in the file."),
    "not_text": lambda: _("This is not a text file, whatever its name says."),
    "no_cues": lambda: _("No passage with a time was found."),
    "no_text": lambda: _("No text was found."),
    "not_json": lambda: _("This is not JSON, or it breaks off."),
    "not_a_transcript": lambda: _("This JSON is not a transcript of ours."),
    "no_signature": lambda: _("The first line is not WEBVTT; it was read all the same."),
    "bad_bytes": lambda: _("Some bytes are not text; they became \ufffd."),
    "legacy_encoding": lambda: _(
        "The file is not Unicode; it was read as Windows Vietnamese (1258). "
        "Compare it with the original."
    ),
    "bad_time": lambda: _("A time that cannot be read; the passage stands after the one before."),
    "odd_time": lambda: _("A time in an unusual form; it was understood."),
    "absurd_time": lambda: _(
        "A time later than any recording; the passage stands after the one before."
    ),
    "end_before_start": lambda: _("The end comes before the beginning; they were made the same."),
    "clock_goes_back": lambda: _("This passage begins before the one above it."),
    "overlap": lambda: _("One speaker twice at the same time; the earlier passage was cut short."),
    "no_times": lambda: _("The text has no times; it cannot be heard passage by passage yet."),
    "times_guessed": lambda: _("Some times were missing; they were shared out by length."),
    "missing_index": lambda: _("A passage without its number."),
    "stray_text": lambda: _("Text outside any passage; it was added to the one above."),
    "empty_cue": lambda: _("A passage without words was left out."),
    "shared_cue": lambda: _("Two voices in one passage; its time was shared out by length."),
    "repeated_id": lambda: _("A number used twice; the later one was changed."),
    "role_inferred": lambda: _("Who asks and who answers was taken from this label."),
    "unknown_role": lambda: _("A role that is not known was left out."),
    "bad_segment": lambda: _("A passage without text or times was left out."),
    "bad_value": lambda: _("A value of the wrong kind was left out."),
    "words_differ": lambda: _("The timed words are not those of the text; their times were left."),
    "words_unordered": lambda: _("Word times outside the passage; they were moved inside."),
    NO_SUCH_PART: lambda: _(
        "The interview has no such part yet; its passages were put with the first one."
    ),
    "too_many_problems": lambda: _("There are more remarks than are listed here."),
}


@dataclass(frozen=True)
class Remark:
    """One line of a file, what is said about it, and what stands there. Line 0 is all of it."""

    line: int
    sentence: str
    quoted: str


def remarks(noticed: Sequence[Sequence[object]]) -> list[Remark]:
    """Sentences for what a reader of formats noticed: (line, code, what stands there)."""
    told = []
    for line, code, text in noticed:
        say = PROBLEMS.get(str(code))
        told.append(
            Remark(int(str(line)), say() if say is not None else str(code), str(text or ""))
        )
    return told
