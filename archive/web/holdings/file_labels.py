"""Labels of files: technical metadata and integrity state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from archive.messages import quantities
from archive.messages.message import TextFactory

_STATES: dict[str, TextFactory] = {
    "ok": lambda: _("Checksum matches."),
    "mismatch": lambda: _("Checksum does not match."),
    "missing": lambda: _("The file is missing."),
    "unreadable": lambda: _("The file cannot be read."),
}
_CODECS = {
    "pcm_s16le": "PCM 16 bit",
    "pcm_s16be": "PCM 16 bit",
    "pcm_s24le": "PCM 24 bit",
    "pcm_s24be": "PCM 24 bit",
    "pcm_f32le": "PCM 32 bit",
    "pcm_u8": "PCM 8 bit",
    "amrnb": "AMR-NB",
    "amr_nb": "AMR-NB",
    "amrwb": "AMR-WB",
    "amr_wb": "AMR-WB",
    "wmav1": "WMA 1",
    "wmav2": "WMA 2",
    "wmapro": "WMA Pro",
    "wmalossless": "WMA Lossless",
    "h264": "H.264",
    "hevc": "H.265",
    "h263": "H.263",
    "mpeg4": "MPEG-4",
    "mpeg1video": "MPEG-1",
    "mpeg2video": "MPEG-2",
    "opus": "Opus",
    "vorbis": "Vorbis",
}


def check_state_label(code: str) -> str:
    """Return the result of the last integrity check of an original."""
    return _STATES[code]() if code in _STATES else code


def grouped_number(number: int) -> str:
    """Format a number with thousands separators: `1.234.567` or `1,234,567`."""
    return str(format_decimal(number, format="#,##0"))


def technical_rows(technical: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield label and value of the technical metadata shown on the receipt."""
    if kind := technical.get("kind"):
        yield _("Type"), str(kind)
    if container := technical.get("container_name"):
        yield _("Container"), str(container)
    if length_ms := technical.get("duration_ms"):
        yield _("Length"), quantities.duration(length_ms)
    for stream in technical.get("streams", ()):
        if stream.get("kind") in ("audio", "video") and not stream.get("is_cover"):
            name = _("Sound") if stream["kind"] == "audio" else _("Picture")
            yield name, _stream(stream)
    if technical.get("width"):
        yield _("Picture"), f"{technical['width']} × {technical['height']}"
    if rate := technical.get("bit_rate"):
        yield _("Bit rate"), f"{grouped_number(round(rate / 1000))} kbit/s"
    if written := technical.get("recorded_as_written"):
        yield _("Recorded, according to the file"), str(written)
    for name, value in technical.get("bwf", {}).items():
        yield f"BWF {name.replace('_', ' ')}", str(value)


def _stream(stream: dict[str, Any]) -> str:
    codec = str(stream.get("codec", ""))
    facts = [_CODECS.get(codec, codec.upper())]
    if rate := stream.get("sample_rate"):
        facts.append(f"{format_decimal(rate / 1000)} kHz")
    if channels := stream.get("channels"):
        facts.append(_channels(channels, str(stream.get("layout") or "")))
    if width := stream.get("width"):
        facts.append(f"{width} × {stream.get('height')}")
    if frames := stream.get("frame_rate"):
        facts.append(_("%(rate)s frames a second", rate=format_decimal(frames)))
    return ", ".join(fact for fact in facts if fact)


def _channels(count: int, layout: str) -> str:
    """Format the channels of an audio stream; a speaker layout only where the file names it.

    Files probed before tracks were detected have "6 channels" instead of "discrete".
    """
    if count == 1:
        return str(_("mono"))
    if count == 2:
        return str(_("%(count)s channels", count=count))
    if layout == "discrete" or layout.startswith(f"{count} channels"):
        return str(_("%(count)s separate tracks", count=count))
    if layout:
        return str(_("%(count)s channels (%(layout)s)", count=count, layout=layout))
    return str(_("%(count)s channels", count=count))
