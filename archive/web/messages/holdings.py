"""Why a file was not taken, not copied, or is no longer what it was."""

from __future__ import annotations

from flask_babel import gettext as _

from archive.web.measures import size
from archive.web.messages.message import Message, Sentence


def _refused(happened: str, advice: str = "") -> Message:
    return Message(happened, safe=_("Nothing of this file was stored."), advice=advice)


def _no_copy(reason: str, advice: str = "") -> Message:
    return Message(reason, safe=_("The original is kept, byte for byte."), advice=advice)


REFUSED: dict[str, Sentence] = {
    "empty_file": lambda f: _refused(
        _("This file is empty."), _("Copy it from the recorder again.")
    ),
    "file_too_long": lambda f: _refused(
        _("A file may be up to %(most)s.", most=size(int(f.get("longest_bytes", 0))))
    ),
    "not_a_file": lambda f: _refused(_("There is no file of this name, or it cannot be read.")),
    "kind_not_a_file": lambda f: _refused(_("This is not an ordinary file.")),
    "kind_empty_file": lambda f: _refused(_("This file is empty.")),
    "kind_unknown_type": lambda f: _refused(
        _("The archive cannot keep this type of file readable."),
        _("Sound, film, pictures, PDF and DOCX are taken in."),
    ),
    "kind_playlist": lambda f: _refused(
        _("This is a list of places where sound lies, without any sound in it."),
        _("Send the recording itself."),
    ),
    "kind_markup": lambda f: _refused(
        _("This is a web page or a text with markup, whatever its name says."),
        _("If it is a transcript, bring it in as a transcript."),
    ),
    "kind_executable": lambda f: _refused(_("This is a program, whatever its name says.")),
    "kind_archive": lambda f: _refused(
        _("This is a packed folder, or a packed file that is damaged."),
        _("Unpack it and send the files that are inside."),
    ),
    "kind_old_office": lambda f: _refused(
        _("This is a document in the old Word format, whatever its name says."),
        _("Save it as DOCX or PDF. If it is a transcript, bring it in as a transcript."),
    ),
    "kind_macro_document": lambda f: _refused(
        _("This document carries macros."), _("Save it as DOCX or PDF without them.")
    ),
    "kind_zip_bomb": lambda f: _refused(_("This file unpacks to far more than it should.")),
    "damaged_on_the_way": lambda f: Message(
        _("The disk gave back other bytes than those that were sent."),
        safe=_("Nothing of it was put into the vault."),
        advice=_("Send the file again; if it happens twice, tell the administrator."),
    ),
}

UPLOADS: dict[str, Sentence] = {
    "no_space": lambda f: Message(
        _("The archive has no room left."),
        safe=_("What was sent is kept where it stands; no file is lost."),
        advice=_(
            "Tell the administrator: %(free)s are free, %(needed)s are needed.",
            free=size(int(f.get("free_bytes", 0))),
            needed=size(int(f.get("needed_bytes", 0))),
        ),
    ),
    "upload_ended": lambda f: Message(
        _("This upload has ended."), advice=_("Choose the file again to send it anew.")
    ),
    "upload_busy": lambda f: Message(
        _("This file is being sent from another window."), safe=_("Nothing is lost.")
    ),
    "offset_differs": lambda f: Message(
        _("The archive has another part of this file than your browser thought."),
        safe=_("What was sent is kept."),
    ),
    "more_than_declared": lambda f: Message(
        _("The file has grown since it was chosen."), advice=_("Choose it again.")
    ),
    "piece_too_long": lambda f: Message(_("This piece is longer than the archive takes at once.")),
    "unknown_tus_version": lambda f: Message(
        _("This program sends files in a way that the archive does not know."),
        safe=_("What was sent is kept."),
        advice=_("Reload the page, then choose the file again."),
    ),
    "wrong_request": lambda f: Message(_("The archive could not read this request.")),
    "another_file": lambda f: Message(
        _("This file has the same name and length, but it begins differently."),
        safe=_("What was sent before is kept."),
        advice=_("Choose the very file that was being sent, or send this one on its own."),
    ),
    "already_here": lambda f: Message(_("This interview has the file already.")),
}

COPIES: dict[str, Sentence] = {
    "no_copy_unreadable": lambda f: _no_copy(_("It cannot be opened as sound or film.")),
    "no_copy_no_sound": lambda f: _no_copy(_("There is no sound in it.")),
    "no_copy_no_picture": lambda f: _no_copy(_("There is no picture in it.")),
    "no_copy_nothing_to_play": lambda f: _no_copy(_("There is nothing in it to play.")),
    "no_copy_undecodable": lambda f: _no_copy(
        _("It is damaged, or written in a way that cannot be decoded.")
    ),
    "no_copy_too_long": lambda f: _no_copy(_("It claims to be longer than two days.")),
    "no_copy_too_many_pixels": lambda f: _no_copy(_("The picture is larger than can be opened.")),
    "no_copy_timeout": lambda f: _no_copy(
        _("Making the copy took too long or stood still."), _("Try again at a quieter hour.")
    ),
    "no_copy_memory": lambda f: _no_copy(_("Making the copy needed more memory than it may have.")),
    "no_copy_crash": lambda f: _no_copy(_("The decoder gave up on it.")),
    "no_copy_refused": lambda f: _no_copy(_("No copy can be made of it.")),
    "no_room_for_copies": lambda f: Message(
        _("There is no room for the listening copy."),
        safe=_("The original is kept, byte for byte."),
        advice=_("It is made as soon as there is room again."),
    ),
    "original_not_readable": lambda f: Message(
        _("The original cannot be read."),
        advice=_("Check its bytes: flask fixity names what is wrong."),
    ),
}

WORK: dict[str, Sentence] = {
    "bytes_are_wrong": lambda f: Message(
        _("A file is no longer what it was: %(files)s.", files=", ".join(f.get("files", []))),
        safe=_("Nothing was overwritten."),
        advice=_("Bring it back from a backup, or send the same file again: it is repaired."),
    ),
    "worker_lost": lambda f: Message(
        _("The worker that had this in hand was lost again and again."),
        safe=_("What was done before is kept."),
        advice=_("Look at the log of the worker, then try again."),
    ),
    "unknown_job_kind": lambda f: Message(_("No worker here knows this kind of work.")),
    "nothing_to_stop": lambda f: Message(_("This work has ended already.")),
    "nothing_to_retry": lambda f: Message(_("This work cannot be started again now.")),
}

MESSAGES: dict[str, Sentence] = {**REFUSED, **UPLOADS, **COPIES, **WORK}
