"""How files are spoken of: their technical facts, their state, and what happened to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from archive.models import Event
from archive.web import measures

WORKER_FOR = " for "  # as `archive.jobs.context` names its actor
SHELL = "command line"  # as `archive.cli.output` names its actor

_STATES: dict[str, Callable[[], str]] = {
    "ok": lambda: _("Every byte is right."),
    "mismatch": lambda: _("A byte is wrong."),
    "missing": lambda: _("The file is missing."),
    "unreadable": lambda: _("The file cannot be read."),
}
_READ_AGAIN: dict[str, Callable[[], str]] = {
    "ok": lambda: _("read again: every byte is right"),
    "mismatch": lambda: _("read again: a byte is wrong"),
    "missing": lambda: _("read again: the file is missing"),
    "unreadable": lambda: _("read again: it could not be read"),
}
_CODECS = {
    "pcm_s16le": "PCM 16 bit", "pcm_s16be": "PCM 16 bit", "pcm_s24le": "PCM 24 bit",
    "pcm_s24be": "PCM 24 bit", "pcm_f32le": "PCM 32 bit", "pcm_u8": "PCM 8 bit",
    "amrnb": "AMR-NB", "amr_nb": "AMR-NB", "amrwb": "AMR-WB", "amr_wb": "AMR-WB",
    "wmav1": "WMA 1", "wmav2": "WMA 2", "wmapro": "WMA Pro", "wmalossless": "WMA Lossless",
    "h264": "H.264", "hevc": "H.265", "h263": "H.263", "mpeg4": "MPEG-4",
    "mpeg1video": "MPEG-1", "mpeg2video": "MPEG-2", "opus": "Opus", "vorbis": "Vorbis",
}  # fmt: skip
_NO_COPY: dict[str, Callable[[], str]] = {
    "access_copy": lambda: _("No listening copy."),
    "peaks": lambda: _("No waveform."),
    "poster": lambda: _("No still."),
    "thumbnail": lambda: _("No small picture."),
    "thumbnail_large": lambda: _("No larger picture."),
}
_MADE: dict[str, Callable[[], str]] = {
    "access_copy": lambda: _("listening copy made"),
    "peaks": lambda: _("waveform drawn"),
    "poster": lambda: _("still taken"),
    "thumbnail": lambda: _("small picture made"),
    "thumbnail_large": lambda: _("larger picture made"),
}


def check_state(code: str) -> str:
    """What the last reading of an original found."""
    return _STATES[code]() if code in _STATES else code


def no_copy(recipe: str) -> str:
    """That a recipe gave nothing; the reason follows in the same line."""
    return _NO_COPY[recipe]() if recipe in _NO_COPY else str(_("No copy."))


def happened(event: Event) -> str:
    """An event of a file, in a few words."""
    recipe = str(event.detail.get("recipe", ""))
    if event.kind == "file.derived":
        if event.outcome != "success":
            return no_copy(recipe)
        return _MADE[recipe]() if recipe in _MADE else recipe
    if event.kind == "fixity.checked":
        state = str(event.detail.get("state", ""))
        return _READ_AGAIN[state]() if state in _READ_AGAIN else state
    if event.kind == "file.received":
        return str(_("received, SHA-256 computed while it came and once more from the disk"))
    if event.kind == "fixity.repaired":
        return str(_("repaired with the same bytes, sent again"))
    if event.kind == "duplicate.found":
        if event.detail.get("sent") is False:
            return str(_("chosen for sending again, and recognised before a byte was sent"))
        return str(_("the same bytes were sent again"))
    return event.kind


def who(actor_name: str) -> str:
    """The person whom an event names, or the machine and for whom it worked."""
    if actor_name == SHELL:
        return str(_("a command on the server"))
    machine, _sep, name = actor_name.partition(WORKER_FOR)
    if machine != "worker":
        return actor_name
    return str(_("the machine, for %(name)s", name=name) if name else _("the machine"))


def thousands(number: int) -> str:
    """`1.234.567` or `1,234,567`."""
    return str(format_decimal(number, format="#,##0"))


def technical_rows(technical: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The facts of a file that a person may want on paper."""
    if kind := technical.get("kind"):
        yield _("Type"), str(kind)
    if container := technical.get("container_name"):
        yield _("Container"), str(container)
    if length_ms := technical.get("duration_ms"):
        yield _("Length"), measures.duration(length_ms)
    for stream in technical.get("streams", ()):
        if stream.get("kind") in ("audio", "video") and not stream.get("is_cover"):
            name = _("Sound") if stream["kind"] == "audio" else _("Picture")
            yield name, _stream(stream)
    if technical.get("width"):
        yield _("Picture"), f"{technical['width']} × {technical['height']}"
    if rate := technical.get("bit_rate"):
        yield _("Bit rate"), f"{thousands(round(rate / 1000))} kbit/s"
    if written := technical.get("recorded_as_written"):
        yield _("Recorded, as the file says"), str(written)
    for name, value in technical.get("bwf", {}).items():
        yield f"BWF {name.replace('_', ' ')}", str(value)


def _stream(stream: dict[str, Any]) -> str:
    codec = str(stream.get("codec", ""))
    facts = [_CODECS.get(codec, codec.upper())]
    if rate := stream.get("sample_rate"):
        facts.append(f"{format_decimal(rate / 1000)} kHz")
    if channels := stream.get("channels"):
        facts.append(_("mono") if channels == 1 else _("%(count)s channels", count=channels))
    if width := stream.get("width"):
        facts.append(f"{width} × {stream.get('height')}")
    if frames := stream.get("frame_rate"):
        facts.append(_("%(rate)s frames a second", rate=format_decimal(frames)))
    return ", ".join(fact for fact in facts if fact)
