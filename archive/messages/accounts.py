"""Messages about accounts and sign-in."""

from __future__ import annotations

from flask_babel import gettext as _

from archive.messages.message import Message, MessageFactory

MESSAGES: dict[str, MessageFactory] = {
    "email_taken": lambda f: Message(_("An account with this e-mail exists already.")),
    "email_refused": lambda f: Message(_("This is not an e-mail address.")),
    "password_too_short": lambda f: Message(
        _(
            "The password is too short: at least %(shortest)s characters.",
            shortest=f.get("shortest", "?"),
        )
    ),
    "password_too_long": lambda f: Message(
        _(
            "The password is too long: at most %(longest)s characters.",
            longest=f.get("longest", "?"),
        )
    ),
    "wrong_password": lambda f: Message(_("This is not the current password.")),
    "unknown_language": lambda f: Message(_("Pages are written in Vietnamese and English only.")),
    "unknown_role": lambda f: Message(_("There is no such role.")),
    "unknown_account": lambda f: Message(
        _("There is no account %(email)s.", email=f.get("email", "")),
    ),
    "closed": lambda f: Message(_("This is closed to your account for now.")),
    "account_name_taken": lambda f: Message(
        _(
            "Another account has the name %(name)s. Add a detail that distinguishes the two,"
            " such as the department.",
            name=f.get("name", "?"),
        )
    ),
    "name_missing": lambda f: Message(_("A name is needed: the edit history shows it.")),
    "wrong_sign_in": lambda f: Message(_("E-mail or password is not right.")),
    "last_administrator": lambda f: Message(
        _("This is the last administrator; the archive needs at least one."),
        reassurance=_("Nothing was changed."),
    ),
    "prefix_refused": lambda f: Message(
        _(
            "These are letters without marks and digits, at most %(longest)s, such as LK.",
            longest=f.get("longest", ""),
        )
    ),
    "site_name_missing": lambda f: Message(
        _("The archive needs a name of its own: citations print it. Lời Kể is that of the program.")
    ),
    "already_open": lambda f: Message(_("The archive has been opened already.")),
    "nothing_named": lambda f: Message(_("The request does not name a record.")),
}
