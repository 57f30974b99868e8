"""Words for audiences and actions, and the reasons for which these are allowed or refused."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from archive.messages.message import TextFactory

ACTION_LABELS: dict[str, TextFactory] = {
    "know": lambda: _("See that it exists, and its description"),
    "read": lambda: _("Read the transcript"),
    "hear": lambda: _("Listen to the recordings"),
    "download": lambda: _("Download the transcript"),
    "quote": lambda: _("Get a citation"),
    "see_history": lambda: _("See who changed which words"),
    "create": lambda: _("Add an interview"),
    "describe": lambda: _("Change the description, the contents and the access"),
    "open": lambda: _("Open the interview to a wider audience"),
    "upload": lambda: _("Upload files"),
    "see_files": lambda: _("See files, receipts and attachments"),
    "fetch_original": lambda: _("Download originals"),
    "transcribe": lambda: _("Start a machine transcription"),
    "import_text": lambda: _("Import a transcript"),
    "correct": lambda: _("Correct the transcript"),
    "approve": lambda: _("Approve the transcript; open a new version after an approved one"),
    "see_jobs": lambda: _("See the jobs"),
    "check_fixity": lambda: _("Check originals for damage"),
    "manage_people": lambda: _("Manage people"),
    "manage_accounts": lambda: _("Manage accounts"),
    "manage_office": lambda: _("Change the settings of the archive"),
}

AUDIENCE_LABELS: dict[str, TextFactory] = {
    "public": lambda: _("Open to everyone"),
    "registered": lambda: _("For readers with an account"),
    "staff": lambda: _("Staff only"),
}

FOUR_EYES_LABELS: dict[str, TextFactory] = {
    "auto": lambda: _("if two people may approve"),
    "always": lambda: _("always"),
    "never": lambda: _("never"),
}

USER_ROLE_LABELS: dict[str, TextFactory] = {
    "administrator": lambda: _("Administrator"),
    "archivist": lambda: _("Archivist"),
    "historian": lambda: _("Historian"),
    "editor": lambda: _("Editor"),
    "reviewer": lambda: _("Reviewer"),
    "researcher": lambda: _("Researcher"),
}

# Of what permits an action, and of refusals; `audience`, `state` and `role` are shown labels.
REASON_LABELS: dict[str, Callable[[str, str, str], str]] = {
    "role": lambda audience, state, role: _("The role “%(role)s” may do this.", role=role),
    "audience": lambda audience, state, role: _(
        "The access of the interview is “%(audience)s”.", audience=audience
    ),
    "account": lambda audience, state, role: _(
        "Readers with an account may read every transcript of an interview that they may see."
    ),
    "state": lambda audience, state, role: _(
        "The state of the transcript, “%(state)s”, is open to the public.", state=state
    ),
    "grant": lambda audience, state, role: _("A permission was given for this interview."),
    "sign_in": lambda audience, state, role: _("This needs an account."),
    "other_role": lambda audience, state, role: _(
        "The role “%(role)s” does not include this.", role=role
    ),
    "not_visible": lambda audience, state, role: _(
        "The access of the interview is “%(audience)s”: this reader gets the same answer as for an "
        "interview that does not exist.",
        audience=audience,
    ),
    "hidden_by_rule": lambda audience, state, role: _(
        "A rule closes the interview on that day: this reader gets the same answer as for an "
        "interview that does not exist."
    ),
    "closed": lambda audience, state, role: _("A rule closes this on that day."),
    "not_yet_approved": lambda audience, state, role: _(
        "The state of the transcript, “%(state)s”, is not open to the public.", state=state
    ),
    "frozen": lambda audience, state, role: _(
        "The version is approved and no longer changes; a new version can be opened."
    ),
    "archivist_is_active": lambda audience, state, role: _(
        "An archivist does this; an administrator only while no archivist is active."
    ),
    "nothing_named": lambda audience, state, role: _("There is no transcript yet."),
}
