"""Readiness of this machine: disk space, speech model, encryption."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from flask_babel import gettext as _

from archive.messages import quantities
from archive.web.core import current
from archive.web.speech.runs import installed_models

ENOUGH_BYTES = 20_000_000_000


@dataclass(frozen=True, kw_only=True)
class ReadinessCheck:
    """One row of the list. `advice` is the suggested action; no check is blocking."""

    is_ok: bool
    label: str
    value: str
    advice: str = ""


def checks() -> list[ReadinessCheck]:
    """Return the readiness checks of this machine."""
    return [_disk_space(), _speech_model(), _encryption()]


def _disk_space() -> ReadinessCheck:
    free = shutil.disk_usage(current.settings().home).free
    good = free >= ENOUGH_BYTES
    return ReadinessCheck(
        is_ok=good,
        label=_("Free disk space"),
        value=_("%(size)s free", size=quantities.size(free)),
        advice=""
        if good
        else _("An hour of sound needs about 1 GB. Put the archive on a larger disk."),
    )


def _speech_model() -> ReadinessCheck:
    usable = [info.name for _engine, info in installed_models() if not info.limited_to]
    if usable:
        return ReadinessCheck(is_ok=True, label=_("Speech model"), value=", ".join(usable[:3]))
    return ReadinessCheck(
        is_ok=False,
        label=_("Speech model"),
        value=_("only the one for the sample archive"),
        advice=_(
            "Put a Whisper model (.pt) into the folder “models” of the archive. "
            "Until then recordings are kept and can be heard; transcription waits."
        ),
    )


def _encryption() -> ReadinessCheck:
    if current.settings().https:
        return ReadinessCheck(is_ok=True, label=_("Encrypted connection"), value=_("on"))
    return ReadinessCheck(
        is_ok=False,
        label=_("Encrypted connection"),
        value=_("off"),
        advice=_(
            "Sufficient on this computer and inside the office network. "
            "Switch it on before opening the archive to others."
        ),
    )
