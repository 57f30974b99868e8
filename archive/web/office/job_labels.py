"""Labels of jobs: kind, stage and state by code."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from archive.messages.message import TextFactory

JOB_LABELS: dict[str, TextFactory] = {
    "backup": lambda: _("Backup"),
    "check_database": lambda: _("Check of the database"),
    "check_fixity": lambda: _("Integrity check of the original"),
    "derive": lambda: _("Making the listening copy"),
    "index": lambda: _("Indexing"),
    "load_sample": lambda: _("Loading the sample archive"),
    "sweep": lambda: _("Clean-up"),
    "transcribe": lambda: _("Machine transcription"),
}

STAGES: dict[str, TextFactory] = {
    "copying_database": lambda: _("copying the database"),
    "copying_originals": lambda: _("copying originals"),
    "checking_copies": lambda: _("reading earlier copies again"),
    "reading_again": lambda: _("comparing checksums"),
    "reading_database": lambda: _("reading the database"),
    "rebuilding_index": lambda: _("rebuilding the search index"),
    "sweeping": lambda: _("freeing disk space of abandoned uploads"),
    "making_access": lambda: _("making the listening copy"),
    "making_peaks": lambda: _("drawing the waveform"),
    "making_poster": lambda: _("taking a still from the film"),
    "making_thumbnail": lambda: _("making a small picture"),
    "loading_sample": lambda: _("loading the sample interviews"),
    "loading_model": lambda: _("loading the speech model"),
    "finding_speech": lambda: _("detecting speech"),
    "hearing": lambda: _("transcribing"),
    "writing": lambda: _("saving the transcript"),
}

STATES: dict[str, TextFactory] = {
    "queued": lambda: _("waiting in the queue"),
    "running": lambda: _("running"),
    "waiting": lambda: _("on hold"),
    "done": lambda: _("done"),
    "failed": lambda: _("failed"),
    "cancelled": lambda: _("stopped"),
}


def job_kind_label(code: str) -> str:
    """Return the label of a kind of job."""
    return JOB_LABELS[code]() if code in JOB_LABELS else code


def job_stage_label(code: str) -> str:
    """Return the label of a job's stage; empty if unknown."""
    return STAGES[code]() if code in STAGES else ""


def job_state_label(code: str) -> str:
    """Return the label of a job's state."""
    return STATES[code]() if code in STATES else code


def copies_enqueued(count: int) -> str:
    """Return the message after missing copies were requested."""
    if not count:
        return str(_("No copy is missing."))
    return str(
        ngettext(
            "The missing copies of %(num)d file will be made.",
            "The missing copies of %(num)d files will be made.",
            count,
        )
    )
