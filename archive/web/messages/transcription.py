"""Why a recording is not heard, or not yet."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from archive.web.messages.message import Message, Sentence


def _kept() -> str:
    return str(_("The original was not touched, and what was heard before is kept."))


def _waits() -> str:
    return str(_("The work waits and is not lost."))


def _put(facts: dict[str, Any]) -> str:
    put = _(
        "Put the file %(file)s into %(folder)s; the work then goes on by itself.", **_where(facts)
    )
    published = _("It is published here: %(url)s", url=facts.get("url", ""))
    return f"{put} {published}" if facts.get("url") else str(put)


def _where(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts.get(name, "?") for name in ("model", "file", "folder")}


MESSAGES: dict[str, Sentence] = {
    "nothing_to_hear": lambda f: Message(
        _("This interview has no recording yet."), advice=_("Upload the recording first.")
    ),
    "already_under_way": lambda f: Message(
        _("This interview is being transcribed already."),
        advice=_("Wait until it is done, or stop that work first."),
    ),
    "model_missing": lambda f: Message(
        _("The speech model %(model)s is not on this machine.", **_where(f)),
        safe=_waits(),
        advice=_put(f),
    ),
    "model_altered": lambda f: Message(
        _("The file of the speech model %(model)s is not the one that was published.", **_where(f)),
        safe=_waits(),
        advice=_(
            "Copy %(file)s into %(folder)s once more; the work then goes on by itself.",
            **_where(f),
        ),
    ),
    "model_unreadable": lambda f: Message(
        _("The file of the speech model %(model)s cannot be read.", **_where(f)),
        safe=_waits(),
        advice=_(
            "Copy %(file)s into %(folder)s once more; the work then goes on by itself.",
            **_where(f),
        ),
    ),
    "unknown_engine": lambda f: Message(
        _("There is no speech engine of this name: %(engine)s.", engine=f.get("engine", "?")),
        advice=_("Choose another one and start again."),
    ),
    "engine_not_available": lambda f: Message(
        _("The speech engine %(engine)s is not installed.", engine=f.get("engine", "?")),
        advice=_("The administrator can install it; flask doctor says what is missing."),
    ),
    "language_not_heard": lambda f: Message(
        _(
            "The speech engine was not taught the language %(language)s.",
            language=f.get("language", "?"),
        ),
        safe=_kept(),
        advice=_("Bring in a transcript that was written by hand."),
    ),
    "hearing_timeout": lambda f: Message(
        _("Listening stood still for too long."), safe=_kept(), advice=_("Start it again.")
    ),
    "hearing_memory": lambda f: Message(
        _("This machine has too little memory for the speech model."),
        safe=_kept(),
        advice=_("Close other programs, or choose a smaller model."),
    ),
    "hearing_no_space": lambda f: Message(
        _("The disk is full."), safe=_kept(), advice=_("Make room, then start it again.")
    ),
    "hearing_crash": lambda f: Message(
        _("The program that listens has died."),
        safe=_kept(),
        advice=_("Start it again; if it dies again, the log of the worker tells more."),
    ),
    "hearing_refused": lambda f: Message(
        _("This recording cannot be decoded."),
        safe=_kept(),
        advice=_("Look at the file: it may be damaged."),
    ),
    "job_failed": lambda f: Message(_("The transcription has failed."), safe=_kept()),
    "job_cancelled": lambda f: Message(_("The transcription was stopped."), safe=_kept()),
}
