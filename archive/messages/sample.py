"""Messages about loading and removing the sample archive."""

from __future__ import annotations

from flask_babel import gettext as _

from archive.messages.message import Message, MessageFactory

MESSAGES: dict[str, MessageFactory] = {
    "sample_in_the_way": lambda f: Message(
        _("The sample needs the name %(name)s, which this archive uses.", name=f.get("name", "?")),
        reassurance=_("Nothing was changed."),
        advice=_("Work without the sample, or give that record another name."),
    ),
    "sample_being_loaded": lambda f: Message(
        _("The sample is being loaded."),
        reassurance=_("Nothing was removed."),
        advice=_("Wait until that job is done, then remove it."),
    ),
}
