"""Messages for all codes of actions, jobs and toolboxes.

One module per topic, listed in MODULES. A code without an entry fails
`tests/archive/messages/test_messages.py`.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from archive.messages import (
    accounts,
    backup,
    common,
    holdings,
    interviews,
    sample,
    search,
    transcription,
    transcripts,
)
from archive.messages.message import Message, MessageFactory

MODULES: tuple[dict[str, MessageFactory], ...] = (
    common.MESSAGES,
    accounts.MESSAGES,
    backup.MESSAGES,
    holdings.MESSAGES,
    interviews.MESSAGES,
    sample.MESSAGES,
    search.MESSAGES,
    transcription.MESSAGES,
    transcripts.MESSAGES,
)

MESSAGES: dict[str, MessageFactory] = {
    code: make for module in MODULES for code, make in module.items()
}

__all__ = ["MESSAGES", "Message", "for_code"]


def for_code(code: str, **facts: Any) -> Message:
    """Return the message of a code; an unknown code is shown literally, so that it can be looked
    up.
    """
    make = MESSAGES.get(code)
    if make is None:
        return Message(_("The archive could not do this (%(code)s).", code=code))
    return make(facts)
