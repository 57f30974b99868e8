"""Messages about transcripts that could not be imported, saved, approved or opened."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from archive.messages.message import Message, MessageFactory, TextFactory

# Reasons for refusing to change a segment, by `SegmentRefused.why`.
SEGMENT: dict[str, TextFactory] = {
    "times_reversed": lambda: _("The end must come after the beginning."),
    "empty_time": lambda: _("The end must come after the beginning."),
    "negative_time": lambda: _("The start may not be before the beginning of the recording."),
    "absurd_time": lambda: _("No recording is that long."),
    "after_the_end": lambda: _("This is after the end of the recording."),
    "times_overlap": lambda: _("The same speaker would be speaking twice at once."),
    "out_of_order": lambda: _("The segment would move past its neighbour."),
    "no_time_left": lambda: _(
        "The segments beside it leave it no time: move the start or the end of one of them first."
    ),
    "too_long": lambda: _("This is too much text for one segment; split it first."),
    "not_neighbours": lambda: _("Only two segments that follow each other can be joined."),
    "wrong_order": lambda: _("The second segment begins before the first."),
    "nothing_to_split": lambda: _("One of the two halves would have no words."),
    "char_outside": lambda: _("The place to split at is not in the text."),
    "time_outside": lambda: _("The place to split at is not in the segment."),
    "nothing_there": lambda: _("There are no segments from that moment on."),
    "other_count": lambda: _("The number of matches has changed; check again first."),
    "other_recording": lambda: _("The segment would be among those of another recording."),
    "not_joined_here": lambda: _("This segment was not joined to that one."),
    "shows_hidden": lambda: _("Words that are closed to readers would become visible."),
    "other_interview": lambda: _("The speaker belongs to another interview."),
    "other_version": lambda: _("The segment belongs to another version."),
}


def _segment(facts: dict[str, Any]) -> Message:
    make = SEGMENT.get(str(facts.get("why", "")))
    return Message(
        make() if make is not None else _("The archive could not read this change."),
        reassurance=_("Nothing was changed."),
    )


def _reason_missing(facts: dict[str, Any]) -> Message:
    if facts.get("is_own_correction"):
        words = _("You corrected this version yourself: give a reason, or let another approve it.")
    else:
        words = _(
            "Some segments are not checked, doubted by the machine or without a speaker: "
            "give a reason."
        )
    return Message(words, reassurance=_("It was not approved."))


MESSAGES: dict[str, MessageFactory] = {
    "text_refused": lambda f: Message(
        _("No segment that can be read was found in the file."),
        reassurance=_("Nothing was changed."),
    ),
    "wrong_state": lambda f: Message(
        _("The state of this version has changed since the page was opened."),
        reassurance=_("Nothing was changed."),
        advice=_("Open the interview again; its state is shown at the top."),
    ),
    "nothing_to_hand_in": lambda f: Message(
        _("This version has not been checked or corrected yet."),
        reassurance=_("Nothing was changed."),
        advice=_("Check it against the audio and correct it, then submit it."),
    ),
    "nothing_to_approve": lambda f: Message(
        _("This version has no text to approve."),
        reassurance=_("Nothing was changed."),
        advice=_("Transcribe the recording, or import a transcript."),
    ),
    "changed_since_review": lambda f: Message(
        _("The text was changed while this page was open."),
        reassurance=_("It was not approved."),
        advice=_("The numbers are those of now; check them and approve again."),
    ),
    "approval_reason_missing": _reason_missing,
    "approval_reason_too_long": lambda f: Message(
        _("This is too long: at most %(longest)s characters.", longest=f.get("longest", "")),
        reassurance=_("It was not approved."),
    ),
    "correction_open": lambda f: Message(
        _("Version %(number)s is open for correction already.", number=f.get("number", "?")),
        reassurance=_("Nothing was changed."),
        advice=_("Continue correcting that one."),
    ),
    "unknown_format": lambda f: Message(
        _("There is no such format."),
        advice=_("The formats are: %(known)s.", known=", ".join(f.get("known", []))),
    ),
    "segment_refused": _segment,
    "segment_replaced": lambda f: Message(
        _("This segment was split, joined or removed in the meantime."),
        reassurance=_("Nothing was changed."),
        advice=_("Its text is in the edit history."),
    ),
    "stale": lambda f: Message(
        _("This segment was changed in the meantime; check it again first."),
        reassurance=_("Nothing was changed."),
    ),
    "conflict": lambda f: Message(
        _("The same words were changed in the meantime."),
        reassurance=_("Both texts are kept."),
        advice=_("Compare the two and choose."),
    ),
    "if_match_missing": lambda f: Message(
        _("The request does not name the revision it is based on."),
        reassurance=_("Nothing was changed."),
    ),
    "idempotency_key_missing": lambda f: Message(
        _("The request has no id."), reassurance=_("Nothing was changed.")
    ),
    "idempotency_key_reused": lambda f: Message(
        _("The request has the id of another one."), reassurance=_("Nothing was changed.")
    ),
}
