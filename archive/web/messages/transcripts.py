"""Why a text was not brought in, saved, approved or opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from archive.web.messages.message import Message, Sentence

Say = Callable[[], str]

# Why one segment was not changed, by the `why` of its refusal.
SEGMENT: dict[str, Say] = {
    "times_reversed": lambda: _("The end must come after the beginning."),
    "empty_time": lambda: _("The end must come after the beginning."),
    "negative_time": lambda: _("The recording does not begin before zero."),
    "absurd_time": lambda: _("No recording is that long."),
    "after_the_end": lambda: _("The recording is not that long."),
    "times_overlap": lambda: _("The same speaker would be speaking twice at once."),
    "out_of_order": lambda: _("The segment would jump over its neighbour."),
    "too_long": lambda: _("This is too much text for one segment; split it first."),
    "not_neighbours": lambda: _("Only two segments that follow each other can be joined."),
    "wrong_order": lambda: _("The second segment begins before the first."),
    "nothing_to_split": lambda: _("One of the two halves would have no words."),
    "char_outside": lambda: _("The place to split at is not in the text."),
    "time_outside": lambda: _("The place to split at is not in the segment."),
    "nothing_there": lambda: _("Nothing is written from that moment on."),
    "other_count": lambda: _("These words no longer stand in as many places; look again first."),
    "other_recording": lambda: _("The segment would stand among those of another recording."),
    "not_joined_here": lambda: _("This segment was not joined to that one."),
    "other_version": lambda: _("The segment belongs to another version."),
}


def _segment(facts: dict[str, Any]) -> Message:
    say = SEGMENT.get(str(facts.get("why", "")))
    return Message(
        say() if say is not None else _("The archive could not read this change."),
        safe=_("Nothing was changed."),
    )


MESSAGES: dict[str, Sentence] = {
    "text_refused": lambda f: Message(
        _("No passage that can be read was found in the file."), safe=_("Nothing was changed.")
    ),
    "wrong_state": lambda f: Message(
        _("This version has moved on since the page was opened."),
        safe=_("Nothing was changed."),
        advice=_("Look at the interview again; its state stands at the top."),
    ),
    "nothing_to_hand_in": lambda f: Message(
        _("Nobody has worked on this version yet."),
        safe=_("Nothing was changed."),
        advice=_("Hear it against the recording and correct it, then hand it in."),
    ),
    "nothing_to_approve": lambda f: Message(
        _("This version has no words that could be approved."),
        safe=_("Nothing was changed."),
        advice=_("Transcribe the recording, or bring in a transcript."),
    ),
    "correction_open": lambda f: Message(
        _("Version %(number)s is open for correction already.", number=f.get("number", "?")),
        safe=_("Nothing was changed."),
        advice=_("Go on correcting that one."),
    ),
    "unknown_format": lambda f: Message(
        _("There is no such format."),
        advice=_("The archive knows these: %(known)s.", known=", ".join(f.get("known", []))),
    ),
    "segment_refused": _segment,
    "segment_replaced": lambda f: Message(
        _("This segment was split, joined or taken out in the meantime."),
        safe=_("Nothing was changed."),
        advice=_("Its words are in the history of the version."),
    ),
    "stale": lambda f: Message(
        _("Somebody changed this segment in the meantime; look at it again first."),
        safe=_("Nothing was changed."),
    ),
    "conflict": lambda f: Message(
        _("Somebody changed the same words in the meantime."),
        safe=_("Both texts are kept."),
        advice=_("Compare the two and choose."),
    ),
    "if_match_missing": lambda f: Message(
        _("The request does not say which state it began from."), safe=_("Nothing was changed.")
    ),
    "idempotency_key_missing": lambda f: Message(
        _("The request does not name itself."), safe=_("Nothing was changed.")
    ),
    "idempotency_key_reused": lambda f: Message(
        _("The request has the name of another one."), safe=_("Nothing was changed.")
    ),
}
