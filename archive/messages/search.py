"""Messages of the search page."""

from __future__ import annotations

from flask_babel import gettext as _

from archive.messages.message import Message, MessageFactory


def _rebuilding(_facts: object) -> Message:
    return Message(
        _("The search index is being rebuilt."),
        _("Your search is still in the field above."),
        _("Wait a few minutes; until then every interview can be opened from the catalogue."),
    )


MESSAGES: dict[str, MessageFactory] = {
    "query_empty": lambda f: Message(
        _("There is no word to search for."), advice=_("Type a word or a name.")
    ),
    "query_too_long": lambda f: Message(
        _("The search is too long."), advice=_("Keep the few words that matter most.")
    ),
    "query_too_many_words": lambda f: Message(
        _("There are too many words."),
        advice=_("Keep at most %(limit)s of them.", limit=f.get("limit", 32)),
    ),
    "query_prefix_too_short": lambda f: Message(
        _("The beginning before * is too short."), advice=_("Type at least two letters.")
    ),
    "query_page_out_of_range": lambda f: Message(
        _("There are no results that far back."), advice=_("Narrow the search with a filter.")
    ),
    "index_outdated": _rebuilding,
    "index_damaged": _rebuilding,
    "index_missing": _rebuilding,
    "index_busy": _rebuilding,
}
