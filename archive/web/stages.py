"""What a job is called and what it is doing, in words: one line for each code."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

Say = Callable[[], str]

KINDS: dict[str, Say] = {
    "check_fixity": lambda: _("Reading the original again"),
    "derive": lambda: _("Making the listening copy"),
    "index": lambda: _("Making text findable"),
    "load_sample": lambda: _("Loading the sample archive"),
    "sweep": lambda: _("Tidying up"),
    "transcribe": lambda: _("Machine transcription"),
}

STAGES: dict[str, Say] = {
    "reading_again": lambda: _("comparing every byte"),
    "sweeping": lambda: _("freeing space of uploads that were given up"),
    "making_access": lambda: _("making the listening copy"),
    "making_peaks": lambda: _("drawing the waveform"),
    "making_poster": lambda: _("taking a still from the film"),
    "making_thumbnail": lambda: _("making a small picture"),
    "loading_sample": lambda: _("putting invented interviews on the shelves"),
    "loading_model": lambda: _("loading the speech model"),
    "finding_speech": lambda: _("looking for speech"),
    "hearing": lambda: _("writing down what is said"),
    "writing": lambda: _("putting the transcript away"),
}

STATES: dict[str, Say] = {
    "queued": lambda: _("waiting for its turn"),
    "running": lambda: _("under way"),
    "waiting": lambda: _("waits for what is missing"),
    "done": lambda: _("done"),
    "failed": lambda: _("failed"),
    "cancelled": lambda: _("stopped"),
}


def kind(code: str) -> str:
    """The name of a kind of job."""
    return KINDS[code]() if code in KINDS else code


def stage(code: str) -> str:
    """What a job does at this moment; empty when it has not said."""
    return STAGES[code]() if code in STAGES else ""


def state(code: str) -> str:
    """The state of a job."""
    return STATES[code]() if code in STATES else code
