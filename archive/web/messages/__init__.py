"""A sentence for every code that an action, a job or a toolbox can answer with.

One file a room, one line here. A code without an entry fails
`tests/archive/web/test_messages.py`.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from archive.web.messages import (
    accounts,
    common,
    holdings,
    interviews,
    sample,
    search,
    transcription,
    transcripts,
)
from archive.web.messages.message import Message, Sentence

ROOMS: tuple[dict[str, Sentence], ...] = (
    common.MESSAGES,
    accounts.MESSAGES,
    holdings.MESSAGES,
    interviews.MESSAGES,
    sample.MESSAGES,
    search.MESSAGES,
    transcription.MESSAGES,
    transcripts.MESSAGES,
)

MESSAGES: dict[str, Sentence] = {code: say for room in ROOMS for code, say in room.items()}

__all__ = ["MESSAGES", "Message", "for_code"]


def for_code(code: str, **facts: Any) -> Message:
    """The sentence of a code; an unknown one is told as itself, so that it can be looked up."""
    sentence = MESSAGES.get(code)
    if sentence is None:
        return Message(_("The archive could not do this (%(code)s).", code=code))
    return sentence(facts)
