"""Explanations that belong to no single room."""

from __future__ import annotations

from flask_babel import gettext as _

from archive.web.messages.message import Message, Sentence

MESSAGES: dict[str, Sentence] = {
    "not_found": lambda f: Message(
        _("This page is not here."),
        advice=_("Check the address, or start from the catalogue."),
    ),
    "not_allowed": lambda f: Message(_("Your role does not allow this.")),
    "other_role": lambda f: Message(
        _("Your role does not allow this."),
        advice=_("Ask the administrator if it belongs to your work."),
    ),
    "sign_in": lambda f: Message(_("This needs an account."), advice=_("Sign in, then try again.")),
    "sign_in_kept": lambda f: Message(
        _("You are not signed in any more."),
        safe=_("What you typed is kept here, and nothing was changed yet."),
        advice=_("Sign in in another tab, then send it again with the button below."),
    ),
    "not_yet_approved": lambda f: Message(
        _("This transcript has not been approved for the public yet.")
    ),
    "frozen": lambda f: Message(
        _("This version is approved and no longer changes."),
        safe=_("What you typed is kept on this computer."),
        advice=_("Open a new version to correct it."),
    ),
    "stale_form": lambda f: Message(
        _("This form has been open for too long."),
        safe=_("Nothing was changed."),
        advice=_("Go back, reload the page and send it again."),
    ),
    "stale_form_kept": lambda f: Message(
        _("This form has been open for too long."),
        safe=_("What you typed is kept here, and nothing was changed yet."),
        advice=_("Send it again with the button below."),
    ),
    "bad_request": lambda f: Message(
        _("The archive could not read this request."),
        safe=_("Nothing was changed."),
        advice=_("Go back and send it again."),
    ),
    "gone": lambda f: Message(_("This was here once and is no longer.")),
    "address_too_long": lambda f: Message(_("This address is too long to be read.")),
    "too_many_requests": lambda f: Message(
        _("These were too many requests at once."),
        safe=_("Nothing was changed."),
        advice=_("Wait a minute and try again."),
    ),
    "wrong_verb": lambda f: Message(
        _("This address does not take that kind of request."),
        advice=_("Open the page from its own link, then try again."),
    ),
    "too_large": lambda f: Message(
        _("This is more than the archive takes in one piece."),
        safe=_("Nothing of it was stored."),
        advice=_("Send recordings from the upload page: it takes them in small parts."),
    ),
    "database_newer": lambda f: Message(
        _("This database was made by a newer version of the program."),
        safe=_("Nothing was changed."),
        advice=_("Install the newer version again, or put back the database of before."),
    ),
    "database_busy": lambda f: Message(
        _("The archive is very busy."),
        safe=_("Nothing was lost."),
        advice=_("Wait a few seconds and try again."),
    ),
    "rate_limited": lambda f: Message(
        _("Too many failed sign-ins."), advice=_("Wait a quarter of an hour and try again.")
    ),
    "http": lambda f: Message(_("The archive could not answer this request.")),
    "unexpected": lambda f: Message(
        _("Something went wrong in the archive."),
        safe=_("What was saved before is safe."),
        advice=_("Try again; if it happens again, tell the administrator the time."),
    ),
}
