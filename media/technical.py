"""Classes of technical metadata, apart from `probe.py`, which imports the decoder."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMetadata:
    """Technical metadata of one stream; fields that do not apply to its kind are None.

    `layout` is mono, stereo, discrete (tracks without speaker positions) or a named layout
    such as 5.1.
    """

    kind: str
    codec: str
    profile: str | None = None
    bit_rate: int | None = None
    duration_ms: int | None = None
    language: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    layout: str | None = None
    sample_format: str | None = None
    width: int | None = None
    height: int | None = None
    pixel_format: str | None = None
    frame_rate: float | None = None
    is_cover: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnicalMetadata:
    """Technical metadata of a file.

    Codes of `warnings`: no_duration, implausible_duration, implausible_date,
    too_many_pixels.
    """

    container: str
    container_name: str
    size_bytes: int
    duration_ms: int | None
    bit_rate: int | None
    has_sound: bool
    has_film: bool
    streams: tuple[StreamMetadata, ...]
    recorded_at: str | None = None
    recorded_as_written: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    bwf: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a database column or an event."""
        facts = dataclasses.asdict(self)
        return {**facts, "streams": list(facts["streams"]), "warnings": list(self.warnings)}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> TechnicalMetadata:
        """Build from the result of `as_json`; unknown fields of a later version are ignored."""
        names = {one.name for one in dataclasses.fields(cls)}
        known = {name: value for name, value in facts.items() if name in names}
        known["streams"] = tuple(StreamMetadata(**stream) for stream in facts["streams"])
        known["warnings"] = tuple(facts.get("warnings", ()))
        return cls(**known)
