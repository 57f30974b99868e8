"""What every engine in the registry keeps; a new one is asked without a line here."""

from __future__ import annotations

import itertools
import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from tests.transcription.sounds import RATE, as_heard, sample, silence
from transcription.engines.base import (
    Engine,
    HearOptions,
    LoadedModel,
    ModelMissing,
    ModelUnreadable,
)
from transcription.engines.registry import ENGINES

NOWHERE = Path("no-such-folder")
GREEDY = HearOptions(temperatures=(0.0,))


@lru_cache
def loaded(name: str) -> LoadedModel:
    """The first model that came with the engine."""
    engine = ENGINES[name]
    assert engine.available().ok, engine.available()
    return engine.load(engine.models(NOWHERE)[0].name, models_dir=NOWHERE)


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture
def model(engine: Engine) -> LoadedModel:
    return loaded(engine.name)


def test_an_engine_is_registered_under_its_name(engine: Engine) -> None:
    assert ENGINES[engine.name] is engine
    assert engine.available().code == "ready"


def test_describing_tells_what_loading_gives(engine: Engine, model: LoadedModel) -> None:
    assert engine.describe(model.info.name, models_dir=NOWHERE) == model.info
    assert model.info.engine == engine.name
    assert len(model.info.sha256) == 64
    assert model.info.longest_chunk_ms > 0


def test_a_model_that_is_not_here_says_where_to_put_it(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as described:
        engine.describe("nowhere", models_dir=tmp_path)
    with pytest.raises(ModelMissing) as missing:
        engine.load("nowhere", models_dir=tmp_path)
    for problem in (described.value, missing.value):
        assert problem.code == "model_missing"
        assert problem.name == "nowhere"
        assert problem.folder == tmp_path
        assert problem.file.startswith("nowhere.")
        assert problem.file in str(problem)


def test_what_belongs_there_is_then_found(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as missing:
        engine.load("nowhere", models_dir=tmp_path)
    (missing.value.folder / missing.value.file).write_bytes(b"junk, but here")
    names = [info.name.split(".")[0] for info in engine.models(tmp_path)]
    assert "nowhere" in names
    with pytest.raises(ModelUnreadable) as unreadable:
        engine.load("nowhere", models_dir=tmp_path)
    assert unreadable.value.code == "model_unreadable"


def test_times_stay_inside_the_sound_and_run_forward(model: LoadedModel) -> None:
    pcm = as_heard(sample("interview_pha_rao").pcm[: 5 * RATE])
    heard = model.hear(pcm, language="vi", options=GREEDY)
    assert heard
    edges = [(s.start_ms, s.end_ms) for s in heard]
    assert all(0 <= a <= b <= 5000 for a, b in edges)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(edges))
    for segment in heard:
        inner = [t for w in segment.words for t in (w.start_ms, w.end_ms)]
        assert inner == sorted(inner)
        assert (segment.start_ms, segment.end_ms) == (inner[0], inner[-1])
        assert all(isinstance(t, int) for t in inner)


def test_the_text_is_its_words(model: LoadedModel) -> None:
    pcm = as_heard(sample("interview_pha_rao").pcm[: 5 * RATE])
    for segment in model.hear(pcm, language="vi", options=GREEDY):
        assert segment.text == " ".join(w.text for w in segment.words)
        assert unicodedata.is_normalized("NFC", segment.text)
        assert all(w.confidence is None or 0 <= w.confidence <= 1 for w in segment.words)


def test_the_same_sound_gives_the_same_text(model: LoadedModel) -> None:
    pcm = as_heard(sample("interview_pha_rao").pcm[: 3 * RATE])
    first = model.hear(pcm, language="vi")
    assert model.hear(pcm, language="vi") == first


def test_without_word_times_there_are_no_words(model: LoadedModel) -> None:
    pcm = as_heard(sample("interview_pha_rao").pcm[: 3 * RATE])
    heard = model.hear(
        pcm, language="vi", options=HearOptions(temperatures=(0.0,), word_times=False)
    )
    assert heard
    assert all(s.text and not s.words for s in heard)


@pytest.mark.parametrize("samples", [0, 1, 300, 1600])
def test_next_to_no_sound_is_no_trouble(model: LoadedModel, samples: int) -> None:
    heard = model.hear(np.zeros(samples, np.float32), language="vi", options=GREEDY)
    assert all(s.end_ms <= samples // 16 for s in heard)


def test_a_long_decomposed_prompt_is_no_trouble(model: LoadedModel) -> None:
    prompt = unicodedata.normalize("NFD", "Tên riêng: Nguyễn Thị Thủy, Củ Chi. " * 60)
    heard = model.hear(as_heard(silence(1)), language="vi", prompt=prompt, options=GREEDY)
    assert all(0 <= segment.start_ms <= segment.end_ms <= 1_000 for segment in heard)
