"""Registry of speech engines, by the name stored in provenance."""

from __future__ import annotations

from transcription.engines.base import Engine
from transcription.engines.local_whisper import LocalWhisper
from transcription.engines.scripted import ScriptedEngine

ENGINES: dict[str, Engine] = {
    "whisper": LocalWhisper(),
    "scripted": ScriptedEngine(),
}
