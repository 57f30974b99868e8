"""The rules of `transcription/engines/base.py`, for every engine in the registry."""

from __future__ import annotations

import itertools
import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from tests.support.audio_samples import RATE, as_float, sample, silence
from transcription.engines.base import (
    Engine,
    LoadedModel,
    ModelMissing,
    ModelUnreadable,
    TranscribeOptions,
)
from transcription.engines.registry import ENGINES

NOWHERE = Path("no-such-folder")
GREEDY = TranscribeOptions(temperatures=(0.0,))


@lru_cache
def load_first_model(name: str) -> LoadedModel:
    """Load the first model of an engine."""
    engine = ENGINES[name]
    assert engine.available().ok, engine.available()
    return engine.load(engine.models(NOWHERE)[0].name, models_dir=NOWHERE)


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture
def model(engine: Engine) -> LoadedModel:
    return load_first_model(engine.name)


def test_engine_is_registered_under_its_name(engine: Engine) -> None:
    assert ENGINES[engine.name] is engine
    assert engine.available().code == "ready"


def test_model_info_equals_that_of_the_loaded_model(engine: Engine, model: LoadedModel) -> None:
    assert engine.model_info(model.info.name, models_dir=NOWHERE) == model.info
    assert model.info.engine == engine.name
    assert len(model.info.sha256) == 64
    assert model.info.longest_chunk_ms > 0


def test_missing_model_raises_with_folder_and_file(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as described:
        engine.model_info("nowhere", models_dir=tmp_path)
    with pytest.raises(ModelMissing) as missing:
        engine.load("nowhere", models_dir=tmp_path)
    for problem in (described.value, missing.value):
        assert problem.code == "model_missing"
        assert problem.name == "nowhere"
        assert problem.folder == tmp_path
        assert problem.file.startswith("nowhere.")
        assert problem.file in str(problem)


def test_models_lists_a_model_put_into_the_folder(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as missing:
        engine.load("nowhere", models_dir=tmp_path)
    (missing.value.folder / missing.value.file).write_bytes(b"junk, but here")
    names = [info.name.split(".")[0] for info in engine.models(tmp_path)]
    assert "nowhere" in names
    with pytest.raises(ModelUnreadable) as unreadable:
        engine.load("nowhere", models_dir=tmp_path)
    assert unreadable.value.code == "model_unreadable"


def test_transcribe_returns_ascending_times_inside_the_sound(model: LoadedModel) -> None:
    pcm = as_float(sample("interview_pha_rao").pcm[: 5 * RATE])
    segments = model.transcribe(pcm, language="vi", options=GREEDY)
    assert segments
    edges = [(s.start_ms, s.end_ms) for s in segments]
    assert all(0 <= a <= b <= 5000 for a, b in edges)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(edges))
    for segment in segments:
        inner = [t for w in segment.words for t in (w.start_ms, w.end_ms)]
        assert inner == sorted(inner)
        assert (segment.start_ms, segment.end_ms) == (inner[0], inner[-1])
        assert all(isinstance(t, int) for t in inner)


def test_transcribe_returns_text_equal_to_its_words(model: LoadedModel) -> None:
    pcm = as_float(sample("interview_pha_rao").pcm[: 5 * RATE])
    for segment in model.transcribe(pcm, language="vi", options=GREEDY):
        assert segment.text == " ".join(w.text for w in segment.words)
        assert unicodedata.is_normalized("NFC", segment.text)
        assert all(w.confidence is None or 0 <= w.confidence <= 1 for w in segment.words)


def test_transcribe_twice_returns_the_same(model: LoadedModel) -> None:
    pcm = as_float(sample("interview_pha_rao").pcm[: 3 * RATE])
    first = model.transcribe(pcm, language="vi")
    assert model.transcribe(pcm, language="vi") == first


def test_transcribe_without_word_times_returns_no_words(model: LoadedModel) -> None:
    pcm = as_float(sample("interview_pha_rao").pcm[: 3 * RATE])
    segments = model.transcribe(
        pcm, language="vi", options=TranscribeOptions(temperatures=(0.0,), word_times=False)
    )
    assert segments
    assert all(s.text and not s.words for s in segments)


@pytest.mark.parametrize("samples", [0, 1, 300, 1600])
def test_transcribe_of_few_samples_succeeds(model: LoadedModel, samples: int) -> None:
    segments = model.transcribe(np.zeros(samples, np.float32), language="vi", options=GREEDY)
    assert all(s.end_ms <= samples // 16 for s in segments)


def test_transcribe_with_long_nfd_prompt_succeeds(model: LoadedModel) -> None:
    prompt = unicodedata.normalize("NFD", "Tên riêng: Nguyễn Thị Thủy, Củ Chi. " * 60)
    segments = model.transcribe(as_float(silence(1)), language="vi", prompt=prompt, options=GREEDY)
    assert all(0 <= segment.start_ms <= segment.end_ms <= 1_000 for segment in segments)
