"""Engine for openai-whisper: published models, other `.pt` files, and the demo model.

`whisper_model.py` imports torch and is imported only by `load`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from transcription.engines import model_files
from transcription.engines.base import Availability, LoadedModel, ModelInfo, ModelMissing
from transcription.engines.demo import DEMO
from transcription.engines.known_models import KNOWN, WHISPER_LANGUAGES, KnownModel

LONGEST_CHUNK_MS = 28_000  # its window is 30 s, with a margin for the silence around a cut


@dataclass(frozen=True)
class LocalWhisper:
    """The default engine. `known` is replaced only in tests."""

    known: Mapping[str, KnownModel] = field(default_factory=lambda: KNOWN)

    name = "whisper"
    for_tests = False
    languages = WHISPER_LANGUAGES

    def available(self) -> Availability:
        """Look for the packages without importing them: torch takes seconds and 300 MB."""
        absent = [n for n in ("whisper", "torch") if importlib.util.find_spec(n) is None]
        if absent:
            return Availability(ok=False, code="not_installed", detail=", ".join(absent))
        return Availability(ok=True)

    def models(self, models_dir: Path) -> list[ModelInfo]:
        """The demo model, then published models by size, then other files, by name."""
        here = sorted(p.name for p in models_dir.glob("*.pt")) if models_dir.is_dir() else []
        names: dict[str, str] = {}
        for name, known in self.known.items():  # two names may mean one file
            names.setdefault(known.file, name)
        published = [name for file, name in names.items() if file in here]
        others = [file for file in here if file not in names]
        return [DEMO.info, *(self._info(name, "") for name in (*published, *others))]

    def model_info(self, model: str, *, models_dir: Path) -> ModelInfo:
        """Return the model for a name or path, with its SHA-256."""
        return self._locate(model, models_dir)[1]

    def load(
        self,
        model: str,
        *,
        models_dir: Path,
        device: str | None = None,
        allow_download: bool = False,
    ) -> LoadedModel:
        """As `Engine.load`; `allow_download` fetches a published model that is not here yet.

        The default is False: the office may have no internet, and a download is large.
        """
        try:
            path, info = self._locate(model, models_dir)
        except ModelMissing:
            if not allow_download or model not in self.known:
                raise
            model_files.download(model, self.known[model], models_dir)
            path, info = self._locate(model, models_dir)
        from transcription.engines.whisper_model import WhisperModel  # seconds and 300 MB

        return WhisperModel.load(path, info=info, device=device)

    def _locate(self, model: str, models_dir: Path) -> tuple[Path, ModelInfo]:
        if model == DEMO.info.name:
            return DEMO.path, DEMO.info
        if model in self.known:
            path = model_files.verified_path(model, self.known[model], models_dir)
            return path, self._info(model, self.known[model].sha256)
        path = model_files.unpublished_path(model, models_dir)
        sha256 = model_files.sha256_of(path)
        if sha256 == DEMO.info.sha256:
            return path, DEMO.info
        published = next((n for n, k in self.known.items() if k.sha256 == sha256), path.name)
        return path, self._info(published, sha256)

    def _info(self, name: str, sha256: str) -> ModelInfo:
        return ModelInfo(
            engine=self.name, name=name, sha256=sha256, longest_chunk_ms=LONGEST_CHUNK_MS
        )
