"""Messages about refused uploads, failed copies and damaged files."""

from __future__ import annotations

from flask_babel import gettext as _

from archive.messages.common import full_disk
from archive.messages.message import Message, MessageFactory
from archive.messages.quantities import size
from archive.queue import MOST_INTERRUPTIONS
from media import limits


def _refused(summary: str, advice: str = "") -> Message:
    return Message(summary, reassurance=_("Nothing of this file was stored."), advice=advice)


def _no_copy(reason: str, advice: str = "") -> Message:
    return Message(reason, reassurance=_("The original is kept, byte for byte."), advice=advice)


REFUSED_FILES: dict[str, MessageFactory] = {
    "empty_file": lambda f: _refused(
        _("This file is empty."), _("Copy it from the recorder again.")
    ),
    "file_too_long": lambda f: _refused(
        _("A file may be up to %(most)s.", most=size(int(f.get("longest_bytes", 0))))
    ),
    "not_a_file": lambda f: _refused(_("There is no file of this name, or it cannot be read.")),
    "kind_not_a_file": lambda f: _refused(_("This is not a regular file.")),
    "kind_empty_file": lambda f: _refused(_("This file is empty.")),
    "kind_unknown_type": lambda f: _refused(
        _("The archive cannot keep this type of file readable."),
        _("Sound, film, pictures, PDF and DOCX are accepted."),
    ),
    "kind_playlist": lambda f: _refused(
        _("This is a playlist; it contains no sound."),
        _("Send the recording itself."),
    ),
    "kind_markup": lambda f: _refused(
        _("The content is a web page or a text with markup, unlike the name of the file."),
        _("If it is a transcript, import it as a transcript."),
    ),
    "kind_executable": lambda f: _refused(
        _("The content is a program, unlike the name of the file.")
    ),
    "kind_archive": lambda f: _refused(
        _("This is a packed folder, or a packed file that is damaged."),
        _("Unpack it and send the files that are inside."),
    ),
    "kind_old_office": lambda f: _refused(
        _("The content is a document in the old Word format, unlike the name of the file."),
        _("Save it as DOCX or PDF. If it is a transcript, import it as a transcript."),
    ),
    "kind_macro_document": lambda f: _refused(
        _("This document contains macros."), _("Save it as DOCX or PDF without them.")
    ),
    "kind_zip_bomb": lambda f: _refused(_("The unpacked size of this file exceeds the limit.")),
    "damaged_on_the_way": lambda f: Message(
        _("The data read back from the disk differ from the data received."),
        reassurance=_("Nothing of it was stored in the vault."),
        advice=_("Send the file again; if it happens twice, tell the administrator."),
    ),
}

UPLOADS: dict[str, MessageFactory] = {
    "no_space": lambda f: full_disk(
        _("What was sent is kept; no file is lost."),
        _(
            "Tell the administrator: %(free)s are free, %(needed)s are needed.",
            free=size(int(f.get("free_bytes", 0))),
            needed=size(int(f.get("needed_bytes", 0))),
        ),
    ),
    "upload_ended": lambda f: Message(
        _("This upload has ended."),
        advice=_("Choose the file again to send it from the beginning."),
    ),
    "upload_busy": lambda f: Message(
        _("This file is being sent from another window."), reassurance=_("Nothing is lost.")
    ),
    "offset_differs": lambda f: Message(
        _("The archive has received another part of this file than this computer has sent."),
        reassurance=_("What was sent is kept."),
    ),
    "more_than_declared": lambda f: Message(
        _("The file has grown since it was chosen."),
        reassurance=_("Nothing of this file was stored."),
        advice=_("Wait until it is complete, then choose it again."),
    ),
    "upload_unreadable": lambda f: Message(
        _("The archive cannot read what it has received of this file."),
        reassurance=_("Other files are not affected."),
        advice=_(
            "Choose the file again to send it from the beginning, and tell the administrator: "
            "flask doctor names the cause."
        ),
    ),
    "piece_too_long": lambda f: Message(_("This part is larger than the archive accepts at once.")),
    "unknown_tus_version": lambda f: Message(
        _("This program uploads files in a way that the archive does not support."),
        reassurance=_("What was sent is kept."),
        advice=_("Reload the page, then choose the file again."),
    ),
    "wrong_request": lambda f: Message(_("The archive could not read this request.")),
    "another_file": lambda f: Message(
        _("This file has the same name and length, but it begins differently."),
        reassurance=_("What was sent before is kept."),
        advice=_("Choose exactly the file that was being sent, or send this one separately."),
    ),
    "already_here": lambda f: Message(_("This interview has the file already.")),
}

COPIES: dict[str, MessageFactory] = {
    "no_copy_unreadable": lambda f: _no_copy(_("It cannot be opened as sound or film.")),
    "no_copy_no_sound": lambda f: _no_copy(_("There is no sound in it.")),
    "no_copy_no_picture": lambda f: _no_copy(_("There is no picture in it.")),
    "no_copy_nothing_to_play": lambda f: _no_copy(_("There is nothing in it to play.")),
    "no_copy_undecodable": lambda f: _no_copy(
        _("It is damaged, or written in a way that cannot be decoded.")
    ),
    "no_copy_too_long": lambda f: _no_copy(_("It claims to be longer than two days.")),
    "no_copy_too_many_channels": lambda f: _no_copy(
        _("It has more than %(count)s tracks of sound.", count=limits.MOST_CHANNELS),
        _("Send the tracks in several files, each with fewer of them."),
    ),
    "no_copy_too_many_pixels": lambda f: _no_copy(_("The picture is too large to open.")),
    "no_copy_timeout": lambda f: _no_copy(
        _("Making the listening copy took too long or made no progress."),
        _("Try again at a quieter hour."),
    ),
    "no_copy_memory": lambda f: _no_copy(_("Making the copy needed more memory than is allowed.")),
    "no_copy_crash": lambda f: _no_copy(_("The decoder could not read it to the end.")),
    "no_copy_refused": lambda f: _no_copy(_("No copy can be made of it.")),
    "no_room_for_copies": lambda f: Message(
        _("There is not enough disk space for the listening copy."),
        reassurance=_("The original is kept, byte for byte."),
        advice=_("It is made as soon as there is enough disk space."),
    ),
    "original_not_readable": lambda f: Message(
        _("The original cannot be read."),
        advice=_("Run an integrity check: flask fixity names what is wrong."),
    ),
}

WORK: dict[str, MessageFactory] = {
    "no_space_for_job": lambda f: full_disk(
        _("What was done before is kept."),
        _("It goes on by itself as soon as there is enough disk space."),
    ),
    "bytes_are_wrong": lambda f: Message(
        _("A file is damaged or missing: %(files)s.", files=", ".join(f.get("files", []))),
        reassurance=_("Nothing was overwritten."),
        advice=_("Restore it from a backup, or upload the same file again."),
    ),
    "worker_lost": lambda f: Message(
        _("The worker process of this job stopped unexpectedly several times."),
        reassurance=_("What was done before is kept."),
        advice=_("Check the log of the worker, then try again."),
    ),
    "interrupted_too_often": lambda f: Message(
        _(
            "The worker was ended %(count)s times during this job, without progress in between: "
            "by a power cut, a restart, or lack of memory.",
            count=MOST_INTERRUPTIONS,
        ),
        reassurance=_("What was done before is kept; no attempt was used up."),
        advice=_("Find out what ends the worker, then try again."),
    ),
    "worker_down": lambda f: Message(
        _(
            "The program that does this work has stopped; last seen %(since)s.",
            since=f.get("since", "?"),
        ),
        reassurance=_("Jobs wait, and none is lost."),
        advice=_(
            "It is started again by itself within a minute. If this note stays, "
            "the administrator restarts the archive, or runs flask worker."
        ),
    ),
    "no_worker": lambda f: Message(
        _("The program that does this work is not running."),
        reassurance=_("Jobs wait, and none is lost."),
        advice=_("The administrator starts it: flask serve or flask worker."),
    ),
    "unknown_job_kind": lambda f: Message(_("No worker here can run this type of job.")),
    "nothing_to_stop": lambda f: Message(_("This job has already ended.")),
    "nothing_to_retry": lambda f: Message(_("This job cannot be restarted now.")),
}

MESSAGES: dict[str, MessageFactory] = {**REFUSED_FILES, **UPLOADS, **COPIES, **WORK}
