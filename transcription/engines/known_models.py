"""File names and SHA-256 of the models that openai-whisper publishes.

A test compares these tables with those of the installed package.
"""

from __future__ import annotations

from dataclasses import dataclass

_PUBLISHED_AT = "https://openaipublic.azureedge.net/main/whisper/models"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A published checkpoint; `file` is its required name in the models folder."""

    file: str
    sha256: str
    published_at: str = _PUBLISHED_AT

    @property
    def url(self) -> str:
        """Return the address for downloading the file."""
        return f"{self.published_at}/{self.sha256}/{self.file}"


_LARGE = KnownModel(
    "large-v3.pt", "e5b1a55b89c1367dacf97e3e19bfd829a01529dbfdeefa8caeb59b3f1b81dadb"
)
_TURBO = KnownModel(
    "large-v3-turbo.pt", "aff26ae408abcba5fbf8813c21e62b0941638c5f6eebfb145be0c9839262a19a"
)

KNOWN: dict[str, KnownModel] = {
    "tiny.en": KnownModel(
        "tiny.en.pt", "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03"
    ),
    "tiny": KnownModel(
        "tiny.pt", "65147644a518d12f04e32d6f3b26facc3f8dd46e5390956a9424a650c0ce22b9"
    ),
    "base.en": KnownModel(
        "base.en.pt", "25a8566e1d0c1e2231d1c762132cd20e0f96a85d16145c3a00adf5d1ac670ead"
    ),
    "base": KnownModel(
        "base.pt", "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e"
    ),
    "small.en": KnownModel(
        "small.en.pt", "f953ad0fd29cacd07d5a9eda5624af0f6bcf2258be67c92b79389873d91e0872"
    ),
    "small": KnownModel(
        "small.pt", "9ecf779972d90ba49c06d968637d720dd632c55bbf19d441fb42bf17a411e794"
    ),
    "medium.en": KnownModel(
        "medium.en.pt", "d7440d1dc186f76616474e0ff0b3b6b879abc9d1a4926b7adfa41db2d497ab4f"
    ),
    "medium": KnownModel(
        "medium.pt", "345ae4da62f9b3d59415adc60127b97c714f32e89e936602e85993674d08dcb1"
    ),
    "large-v1": KnownModel(
        "large-v1.pt", "e4b87e7e0bf463eb8e6956e646f1e277e901512310def2c24bf0e11bd3c28e9a"
    ),
    "large-v2": KnownModel(
        "large-v2.pt", "81f7c96c852ee8fc832187b0132e569d6c3065a3252ed18e56effd0b6a73e524"
    ),
    "large-v3": _LARGE,
    "large": _LARGE,
    "large-v3-turbo": _TURBO,
    "turbo": _TURBO,
}

_LANGUAGE_CODES = (
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu "
    "ha haw he hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml "
    "mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw "
    "ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh"
)
WHISPER_LANGUAGES = frozenset(_LANGUAGE_CODES.split())
"""Codes of the languages in the training data of the checkpoints."""
