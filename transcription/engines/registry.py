"""The engines by the name under which provenance remembers them."""

from __future__ import annotations

from transcription.engines.base import Engine
from transcription.engines.local_whisper import LocalWhisper
from transcription.engines.scripted import Scripted

ENGINES: dict[str, Engine] = {
    "whisper": LocalWhisper(),
    "scripted": Scripted(),
}
