"""Why the sample archive was not loaded or not removed."""

from __future__ import annotations

from flask_babel import gettext as _

from archive.web.messages.message import Message, Sentence

MESSAGES: dict[str, Sentence] = {
    "sample_in_the_way": lambda f: Message(
        _("The sample needs the name %(name)s, which this archive uses.", name=f.get("name", "?")),
        safe=_("Nothing was changed."),
        advice=_("Work without the sample, or give that record another name."),
    ),
    "sample_being_loaded": lambda f: Message(
        _("The sample is being loaded at this moment."),
        safe=_("Nothing was removed."),
        advice=_("Wait until that work is done, then remove it."),
    ),
}
