"""The demo model: a tiny Whisper checkpoint that recognises fifty invented sentences.

It serves the sample archive and the tests, which run the real Whisper code with it. It is
never the default for a real recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transcription.engines.base import ModelInfo

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class BuiltInModel:
    """A model that is shipped with the program."""

    path: Path
    info: ModelInfo


DEMO = BuiltInModel(
    _HERE / "demo.pt",
    ModelInfo(
        engine="whisper",
        name="demo",
        sha256="c38d743e5858782eaf99c455440e26d490ec42722299f3ca7e1093deae92ec46",
        longest_chunk_ms=8_000,
        limited_to="demo_sentences",
        takes_prompt=False,
    ),
)
SAMPLES_DIR = _HERE / "samples"


def sentences() -> list[str]:
    """Return the fifty sentences; the first fourteen are an interviewer's questions."""
    return (_HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()
