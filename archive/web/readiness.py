"""How far this machine is ready, in sentences: room on the disk, a speech model, encryption."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from flask_babel import gettext as _

from archive.web import current, measures
from archive.web.transcripts import models

ENOUGH_BYTES = 20_000_000_000


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the list. `advice` says what to do about it; nothing of it is an obstacle."""

    good: bool
    what: str
    told: str
    advice: str = ""


def findings() -> list[Finding]:
    """What an office wants to know before it puts its only copies here."""
    return [_room(), _speech(), _line()]


def _room() -> Finding:
    free = shutil.disk_usage(current.settings().home).free
    good = free >= ENOUGH_BYTES
    return Finding(
        good=good, what=_("Room on the disk"), told=_("%(size)s free", size=measures.size(free)),
        advice=""
        if good
        else _("An hour of sound needs about 1 GB. Put the archive on a larger disk."),
    )  # fmt: skip


def _speech() -> Finding:
    real = [info.name for _engine, info in models() if not info.knows_only]
    if real:
        return Finding(good=True, what=_("Speech model"), told=", ".join(real[:3]))
    return Finding(
        good=False, what=_("Speech model"), told=_("only the one for the sample archive"),
        advice=_(
            "Put a Whisper model (.pt) into the folder “models” of the archive. "
            "Until then recordings are kept and can be heard; transcription waits."
        ),
    )  # fmt: skip


def _line() -> Finding:
    if current.settings().https:
        return Finding(good=True, what=_("Encrypted connection"), told=_("on"))
    return Finding(
        good=False, what=_("Encrypted connection"), told=_("off"),
        advice=_(
            "Good enough on this computer and inside the office. "
            "Switch it on before people from outside come in."
        ),
    )  # fmt: skip
