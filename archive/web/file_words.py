"""How files are spoken of: their technical facts, their state, and what happened to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from archive.models import Event

_STATES: dict[str, Callable[[], str]] = {
    "ok": lambda: _("Every byte is right."),
    "mismatch": lambda: _("A byte is wrong."),
    "missing": lambda: _("The file is missing."),
    "unreadable": lambda: _("The file cannot be read."),
}
_NO_COPY: dict[str, Callable[[], str]] = {
    "access_copy": lambda: _("No listening copy."),
    "peaks": lambda: _("No waveform."),
    "poster": lambda: _("No still."),
    "thumbnail": lambda: _("No small picture."),
}
_MADE: dict[str, Callable[[], str]] = {
    "access_copy": lambda: _("listening copy made"),
    "peaks": lambda: _("waveform drawn"),
    "poster": lambda: _("still taken"),
    "thumbnail": lambda: _("small picture made"),
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
        state = check_state(str(event.detail.get("state", "")))
        return str(_("read again: %(state)s", state=state))
    if event.kind == "file.received":
        return str(_("received, SHA-256 computed while it came and once more from the disk"))
    if event.kind == "fixity.repaired":
        return str(_("repaired with the same bytes, sent again"))
    if event.kind == "duplicate.found":
        return str(_("the same bytes were sent again"))
    return event.kind


def thousands(number: int) -> str:
    """`1.234.567` or `1,234,567`."""
    return str(format_decimal(number, format="#,##0"))


def technical_rows(technical: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The facts of a file that a person may want on paper."""
    if kind := technical.get("kind"):
        yield _("Type"), str(kind)
    if container := technical.get("container_name"):
        yield _("Container"), str(container)
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
    facts = [str(stream.get("codec", ""))]
    if rate := stream.get("sample_rate"):
        facts.append(f"{format_decimal(rate / 1000)} kHz")
    if channels := stream.get("channels"):
        facts.append(_("mono") if channels == 1 else _("%(count)s channels", count=channels))
    if width := stream.get("width"):
        facts.append(f"{width} × {stream.get('height')}")
    if frames := stream.get("frame_rate"):
        facts.append(_("%(rate)s frames a second", rate=format_decimal(frames)))
    return ", ".join(fact for fact in facts if fact)
