"""Read the technical metadata of a recording and check its plausibility.

Everything is JSON-able and bounded: text from a file is cut, impossible numbers become
None and a warning. Instants are UTC; a time without a zone (BWF, cameras) is kept as
text, because its zone is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from media import limits
from media.mixing import layout_name
from media.safe_open import open_media
from media.technical import StreamMetadata, TechnicalMetadata

_MOST_TAGS = 100
_LONGEST_TEXT = 2000
# Every codec needs more than eight bits a second: below that the duration is wrong.
_LEAST_BITS_PER_S = 8
_BWF = {
    "description": "comment",
    "originator": "encoded_by",
    "originator_reference": "originator_reference",
    "origination_date": "date",
    "origination_time": "creation_time",
    "time_reference": "time_reference",
    "coding_history": "coding_history",
}


def probe(path: Path) -> TechnicalMetadata:
    """Read the header of a sound or film file. Raises MediaRefused("unreadable").

    Call it through `media.sandboxed`: the C parsers get untrusted input.
    """
    with open_media(path) as container:
        size = path.stat().st_size
        duration_ms, warnings = _duration(container, size)
        streams = tuple(_facts(stream) for stream in list(container.streams)[: limits.MOST_STREAMS])
        if any((s.width or 0) * (s.height or 0) > limits.MOST_VIDEO_PIXELS for s in streams):
            warnings.append("too_many_pixels")
        tags = _tags(container.metadata)
        bwf = _bwf(tags)
        written, recorded_at, date_warnings = _recording_time(tags, bwf)
        return TechnicalMetadata(
            container=container.format.name,
            container_name=container.format.long_name,
            size_bytes=size,
            duration_ms=duration_ms,
            bit_rate=container.bit_rate or None,
            has_sound=any(stream.kind == "audio" for stream in streams),
            has_film=any(stream.kind == "video" and not stream.is_cover for stream in streams),
            streams=streams,
            recorded_at=recorded_at,
            recorded_as_written=written,
            tags=tags,
            bwf=bwf,
            warnings=(*warnings, *date_warnings),
        )


def _duration(container: InputContainer, size: int) -> tuple[int | None, list[str]]:
    if container.duration is None or container.duration <= 0:
        return None, ["no_duration"]
    duration_ms = round(container.duration / 1000)
    too_thin = size * 8 * 1000 < duration_ms * _LEAST_BITS_PER_S
    if too_thin or duration_ms > limits.LONGEST_SOUND_MS:
        return None, ["implausible_duration"]
    return duration_ms, []


def _facts(stream: Stream) -> StreamMetadata:
    context = stream.codec_context
    common: dict[str, Any] = {
        "kind": stream.type,
        "codec": context.name if context is not None else "unknown",
        "profile": _clean(stream.profile or "") or None,
        "duration_ms": _stream_ms(stream),
        "language": _clean(stream.language or "") or None,
    }
    if isinstance(stream, AudioStream) and context is not None:
        common |= {
            "bit_rate": stream.bit_rate or None,
            "sample_rate": stream.sample_rate or None,
            "channels": stream.channels,
            "layout": layout_name(stream.layout),
            "sample_format": stream.format.name if stream.format else None,
        }
    elif isinstance(stream, VideoStream) and context is not None:
        common |= {
            "bit_rate": stream.bit_rate or None,
            "width": stream.width,
            "height": stream.height,
            "pixel_format": stream.pix_fmt,
            "frame_rate": _per_second(stream.average_rate),
            "is_cover": bool(stream.disposition & Disposition.attached_pic),
        }
    return StreamMetadata(**common)


def _stream_ms(stream: Stream) -> int | None:
    if stream.duration is None or stream.time_base is None:
        return None
    duration_ms = round(stream.duration * stream.time_base * 1000)
    return duration_ms if 0 < duration_ms <= limits.LONGEST_SOUND_MS else None


def _per_second(rate: Fraction | None) -> float | None:
    return round(float(rate), 3) if rate else None


def _tags(metadata: Mapping[str, str]) -> dict[str, str]:
    pairs = [(_clean(key)[:100], _clean(value)) for key, value in metadata.items()]
    return {key: value for key, value in pairs[:_MOST_TAGS] if key and value}


def _clean(text: str) -> str:
    """Remove control characters, which PostgreSQL (NUL) rejects, and shorten."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "", text).strip()[:_LONGEST_TEXT]


def _bwf(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the bext chunk (EBU Tech 3285) by its field names; {} without one."""
    if "time_reference" not in tags:
        return {}
    return {ours: tags[theirs] for ours, theirs in _BWF.items() if theirs in tags}


def _recording_time(
    tags: Mapping[str, str], bwf: Mapping[str, str]
) -> tuple[str, str | None, tuple[str, ...]]:
    """Return (time as written, instant in UTC or None, warnings)."""
    if bwf:
        date, clock = bwf.get("origination_date", ""), bwf.get("origination_time", "")
        return f"{date} {clock}".strip(), None, ()
    for key in ("com.apple.quicktime.creationdate", "creation_time", "date", "WM/EncodingTime"):
        written = tags.get(key, "")
        if not written:
            continue
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            return written, None, ()
        if moment.tzinfo is None:
            return written, None, ()
        # Clocks that were never set start in 1904 or 1970.
        if not 1990 <= moment.year <= datetime.now(UTC).year + 1:
            return written, None, ("implausible_date",)
        return written, moment.astimezone(UTC).isoformat(), ()
    return "", None, ()
