"""Messages about transcriptions that wait or have failed."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from archive.messages.message import Message, MessageFactory
from media import limits


def _nothing_lost() -> str:
    return str(_("The original is unchanged, and what was transcribed so far is kept."))


def _job_waits() -> str:
    return str(_("The job waits and is not lost."))


def _install_model(facts: dict[str, Any]) -> str:
    instruction = _(
        "Put the file %(file)s into %(folder)s; the job then continues by itself.",
        **_model_facts(facts),
    )
    published = _("It is published here: %(url)s", url=facts.get("url", ""))
    return f"{instruction} {published}" if facts.get("url") else str(instruction)


def _model_facts(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts.get(name, "?") for name in ("model", "file", "folder")}


MESSAGES: dict[str, MessageFactory] = {
    "nothing_to_hear": lambda f: Message(
        _("This interview has no recording yet."), advice=_("Upload the recording first.")
    ),
    "already_under_way": lambda f: Message(
        _("This interview is already being transcribed."),
        advice=_("Wait until it is done, or stop that job first."),
    ),
    "model_missing": lambda f: Message(
        _("The speech model %(model)s is not on this machine.", **_model_facts(f)),
        reassurance=_job_waits(),
        advice=_install_model(f),
    ),
    "model_altered": lambda f: Message(
        _(
            "The file of the speech model %(model)s is not the one that was published.",
            **_model_facts(f),
        ),
        reassurance=_job_waits(),
        advice=_(
            "Copy %(file)s into %(folder)s once more; the job then continues by itself.",
            **_model_facts(f),
        ),
    ),
    "model_unreadable": lambda f: Message(
        _("The file of the speech model %(model)s cannot be read.", **_model_facts(f)),
        reassurance=_job_waits(),
        advice=_(
            "Copy %(file)s into %(folder)s once more; the job then continues by itself.",
            **_model_facts(f),
        ),
    ),
    "unknown_engine": lambda f: Message(
        _("There is no speech engine of this name: %(engine)s.", engine=f.get("engine", "?")),
        advice=_("Choose another one and start again."),
    ),
    "engine_not_available": lambda f: Message(
        _("The speech engine %(engine)s is not installed.", engine=f.get("engine", "?")),
        advice=_("The administrator can install it; flask doctor lists what is missing."),
    ),
    "language_not_heard": lambda f: Message(
        _(
            "The speech engine does not support the language %(language)s.",
            language=f.get("language", "?"),
        ),
        reassurance=_nothing_lost(),
        advice=_("Import a transcript that was written by hand."),
    ),
    "too_many_channels": lambda f: Message(
        _("It has more than %(count)s tracks of sound.", count=limits.MOST_CHANNELS),
        reassurance=_nothing_lost(),
        advice=_("Send the tracks in several files, each with fewer of them."),
    ),
    "hearing_timeout": lambda f: Message(
        _("The transcription stopped making progress."),
        reassurance=_nothing_lost(),
        advice=_("Start it again."),
    ),
    "hearing_memory": lambda f: Message(
        _("This machine has too little memory for the speech model."),
        reassurance=_nothing_lost(),
        advice=_("Close other programs, or choose a smaller model."),
    ),
    "hearing_no_space": lambda f: Message(
        _("The disk is full."),
        reassurance=_nothing_lost(),
        advice=_("It goes on by itself as soon as there is enough disk space."),
    ),
    "hearing_crash": lambda f: Message(
        _("The transcription process stopped unexpectedly."),
        reassurance=_nothing_lost(),
        advice=_("Start it again; if it stops again, the log of the worker has the details."),
    ),
    "hearing_refused": lambda f: Message(
        _("This recording cannot be decoded."),
        reassurance=_nothing_lost(),
        advice=_("Check the file: it may be damaged."),
    ),
    "job_failed": lambda f: Message(
        _("The transcription has failed."), reassurance=_nothing_lost()
    ),
    "job_cancelled": lambda f: Message(
        _("The transcription was stopped."), reassurance=_nothing_lost()
    ),
}
